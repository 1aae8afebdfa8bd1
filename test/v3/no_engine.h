// An engine for what never gets as far as needing one: it has no state, and no leader unless
// the test names one.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "v3bridge/engine.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {

class NoEngine : public v3bridge::Engine {
 public:
  void propose(Command&&, std::unique_ptr<v3bridge::Completion>) override { abort(); }
  void read_barrier(std::unique_ptr<v3bridge::Completion>) override { abort(); }
  void move_leader(MemberId, std::unique_ptr<v3bridge::Completion>) override { abort(); }
  void compaction_barrier(std::unique_ptr<v3bridge::Completion>) override { abort(); }
  const store::Store& store() const override { abort(); }
  store::Hub& hub() override { abort(); }
  Executor& readers() override { abort(); }
  uint64_t cluster_now_ms() const override { return 0; }
  v3bridge::RaftStatus raft_status() const override {
    v3bridge::RaftStatus status;
    status.leader = MemberId(leader);
    return status;
  }
  const v3bridge::ApplyCounts& counts() const override { abort(); }
  const std::string& v2_root() const override { return root_; }
  ClusterId cluster_id() const override { return {}; }
  MemberId member_id() const override { return {}; }
  std::vector<v3bridge::Member> members() const override { return {}; }
  std::string cluster_version() const override { return "3.4.0"; }
  std::vector<v3bridge::ActiveAlarm> alarms() const override { return {}; }
  bool is_learner() const override { return learner; }

  std::atomic<uint64_t> leader{0};
  std::atomic<bool> learner{false};

 private:
  const std::string root_ = "/";
};

}  // namespace viaduct::v3
