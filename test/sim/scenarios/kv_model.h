// What a v3 request does to a state that is known, and what its answer has to be: a second, plain implementation of
// put, delete, range and (nested) transactions.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "test/sim/scenarios/past.h"

namespace viaduct::sim {

class KvModel {
 public:
  // On the state at revision `base`; what it writes is of revision `next`.
  KvModel(const Past& past, uint64_t base, uint64_t next) : past_(past), base_(base), next_(next) {}

  etcdserverpb::ResponseOp answer(const etcdserverpb::RequestOp& request);  // its headers are empty
  // Every key that was changed, as it is then; nothing: it was deleted.
  const std::map<std::string, std::optional<mvccpb::KeyValue>>& written() const { return written_; }

 private:
  using Keys = std::map<std::string, mvccpb::KeyValue>;
  std::optional<mvccpb::KeyValue> now(const std::string& key) const;
  Keys now(const std::string& key, const std::string& end) const;
  Keys then(const std::string& key, const std::string& end, uint64_t revision) const;
  bool holds(const etcdserverpb::Compare& compare) const;
  bool holds(const etcdserverpb::Compare& compare, const mvccpb::KeyValue& key_value) const;

  etcdserverpb::RangeResponse range(const etcdserverpb::RangeRequest& request) const;
  etcdserverpb::PutResponse put(const etcdserverpb::PutRequest& request);
  etcdserverpb::DeleteRangeResponse erase(const etcdserverpb::DeleteRangeRequest& request);
  etcdserverpb::TxnResponse txn(const etcdserverpb::TxnRequest& request);

  const Past& past_;
  const uint64_t base_, next_;
  std::map<std::string, std::optional<mvccpb::KeyValue>> written_;
};

void clear_headers(etcdserverpb::ResponseOp& response);  // all that it holds

}  // namespace viaduct::sim
