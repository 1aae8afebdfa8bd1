// A store and its hub as an engine that nobody proposes to.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "test/store/store_fixture.h"
#include "v3bridge/engine.h"
#include "viaduct/command.pb.h"

namespace viaduct::v2 {

class StoreEngine final : public v3bridge::Engine {
 public:
  StoreEngine() { hub_.publish({}, fixture.numbers().seq); }

  void propose(Command&&, std::unique_ptr<v3bridge::Completion>) override { abort(); }
  void read_barrier(std::unique_ptr<v3bridge::Completion>) override { abort(); }
  void move_leader(MemberId, std::unique_ptr<v3bridge::Completion>) override { abort(); }
  void compaction_barrier(std::unique_ptr<v3bridge::Completion>) override { abort(); }
  const store::Store& store() const override { return *fixture; }
  store::Hub& hub() override { return hub_; }
  Executor& readers() override { return readers_; }
  uint64_t cluster_now_ms() const override { return 0; }
  v3bridge::RaftStatus raft_status() const override { return {}; }
  const v3bridge::ApplyCounts& counts() const override { return counts_; }
  const std::string& v2_root() const override { return v2_root_; }
  ClusterId cluster_id() const override { return ClusterId(0xc); }
  MemberId member_id() const override { return MemberId(0xa); }
  std::vector<v3bridge::Member> members() const override { return {}; }
  std::string cluster_version() const override { return "3.5.0"; }
  std::vector<v3bridge::ActiveAlarm> alarms() const override { return {}; }

  mutable store::StoreFixture fixture;

 private:
  struct AtOnce final : Executor {
    void post(std::unique_ptr<Task> task) override { task->run(); }
  };

  store::Hub hub_;
  AtOnce readers_;
  v3bridge::ApplyCounts counts_;
  std::string v2_root_;
};

}  // namespace viaduct::v2
