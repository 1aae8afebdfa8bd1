// v3's keys as plainly as possible: every state as a map, every range and txn by the letter of the rules
// (v3-api.md 2.4, 2.5). Knows no directories and no v2.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3bridge {

class KeyModel {
 public:
  void put(const etcdserverpb::PutRequest& request);
  void erase(const etcdserverpb::DeleteRangeRequest& request);
  etcdserverpb::RangeResponse range(const etcdserverpb::RangeRequest& request) const;
  // The text of the TxnResponse, or "error" and the number of the V3Error.
  std::string txn(const etcdserverpb::TxnRequest& request);

  void grant(int64_t lease) { leases_.insert(lease); }
  void compact(int64_t revision) { compacted_ = revision; }
  int64_t head() const { return static_cast<int64_t>(states_.size()) - 1; }

 private:
  using State = std::map<std::string, mvccpb::KeyValue>;
  using Path = std::vector<const etcdserverpb::RequestOp*>;

  // A revision that may come to be.
  struct Draft {
    State state;
    int64_t revision;  // if it is changed
    bool changed = false;

    std::vector<mvccpb::KeyValue> put(const etcdserverpb::PutRequest& request);  // what was before
    std::vector<mvccpb::KeyValue> erase(const etcdserverpb::DeleteRangeRequest& request);
  };

  Draft draft() const { return {states_.back(), head() + 1}; }
  void keep(Draft draft);
  static etcdserverpb::RangeResponse range(const State& state, const etcdserverpb::RangeRequest& request);
  void choose(const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse& response, Path& path) const;
  bool holds(const etcdserverpb::Compare& compare) const;
  int refusal(const Path& path) const;
  void run(const etcdserverpb::TxnRequest& request, Draft& draft, etcdserverpb::TxnResponse& response) const;
  void run(const etcdserverpb::RequestOp& op, Draft& draft, etcdserverpb::ResponseOp& response) const;

  std::vector<State> states_ = std::vector<State>(2);  // by revision; [0] is never asked for
  std::set<int64_t> leases_;
  int64_t compacted_ = -1;
};

}  // namespace viaduct::v3bridge
