// A v3 client whose calls are all kept, with what was asked and what was answered, so that a model can tell afterwards
// what the answer should have been.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/v3_client.h"
#include "test/cluster/worker.h"
#include "test/sim/scenarios/scenario.h"

namespace viaduct::sim {

struct KvCall {
  cluster_test::Operation operation;  // when, where, the outcome, and the revision of the answer
  etcdserverpb::RequestOp request;
  etcdserverpb::ResponseOp response;  // of a done one
  cluster_test::Status status;
  int64_t compacted = 0;  // as far as anybody had asked to, by the time of the answer
};

// Threads: any.
class KvCalls {
 public:
  void add(KvCall call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  const std::vector<KvCall>& all() const { return calls_; }  // once the clients have ended

 private:
  std::mutex mutex_;
  std::vector<KvCall> calls_;
};

class KvClient : protected cluster_test::Worker<cluster_test::V3Client> {
 public:
  KvClient(Stage& stage, KvCalls& calls, size_t number, uint64_t seed)
      : Worker(stage.workload, number, seed), stage_(stage), calls_(calls) {}

 protected:
  // Nothing: it failed, or nobody knows; the client has moved to another member.
  std::optional<etcdserverpb::ResponseOp> ask(const etcdserverpb::RequestOp& request);
  // Its status when it failed.
  cluster_test::Status last_status() const { return status_; }

  std::optional<etcdserverpb::RangeResponse> range(const etcdserverpb::RangeRequest& request);
  std::optional<etcdserverpb::TxnResponse> txn(const etcdserverpb::TxnRequest& request);
  void compact(int64_t revision);  // whatever comes of it
  // One of the last `most` revisions that it knows of; 0: it knows of none.
  int64_t earlier(uint64_t most);

  Stage& stage_;

 private:
  cluster_test::Status send(const etcdserverpb::RequestOp& request, etcdserverpb::ResponseOp& response);

  KvCalls& calls_;
  cluster_test::Status status_;
  int64_t newest_ = 0;  // revision in an answer
};

inline constexpr char kCompacted[] = "etcdserver: mvcc: required revision has been compacted";

bool is_write(const etcdserverpb::RequestOp& request);
uint64_t revision_of(const etcdserverpb::ResponseOp& response);

// Parts of requests.
etcdserverpb::RangeRequest range_of(const std::string& prefix);
void add_put(etcdserverpb::TxnRequest& txn, const std::string& key, const std::string& value);
void add_compare_mod(etcdserverpb::TxnRequest& txn, const std::string& key, int64_t mod_revision);
void add_compare_create(etcdserverpb::TxnRequest& txn, const std::string& key, int64_t create_revision);  // 0: absent

}  // namespace viaduct::sim
