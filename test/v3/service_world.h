// Services over a store that their own commands change: an engine without a log, which applies what is proposed at
// once, or when the test says. All of it happens on one loop.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/loop_group.h"
#include "test/store/store_fixture.h"
#include "test/v3/fake_call.h"
#include "v3/key_signals.h"
#include "v3/service.h"
#include "v3bridge/admin.h"
#include "v3bridge/bridge.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {

class BridgeEngine final : public v3bridge::Engine {
 public:
  BridgeEngine();

  void propose(Command&& command, std::unique_ptr<v3bridge::Completion> completion) override;
  void read_barrier(std::unique_ptr<v3bridge::Completion> completion) override;
  void move_leader(MemberId target, std::unique_ptr<v3bridge::Completion> completion) override;
  void compaction_barrier(std::unique_ptr<v3bridge::Completion> completion) override;
  const store::Store& store() const override { return *fixture_; }
  store::Hub& hub() override { return hub_; }
  Executor& readers() override { return readers_; }
  uint64_t cluster_now_ms() const override { return fixture_.stamp.cluster_ms; }
  v3bridge::RaftStatus raft_status() const override;
  const v3bridge::ApplyCounts& counts() const override { return counts_; }
  const std::string& v2_root() const override { return v2_root_; }
  ClusterId cluster_id() const override { return ClusterId(0xc); }
  MemberId member_id() const override { return MemberId(0xa); }
  std::vector<v3bridge::Member> members() const override { return v3bridge::members(*fixture_); }
  std::string cluster_version() const override { return "3.5.0"; }
  std::vector<v3bridge::ActiveAlarm> alarms() const override { return v3bridge::active_alarms(*fixture_); }

  // What is proposed or asked from now on waits, until release() answers it in order.
  void hold() { holds_ = true; }
  void release();
  // The next thing asked for is refused with this text.
  void refuse_next(std::string text) { refusal_ = std::move(text); }
  v3bridge::Outcome apply(const Command& command);  // and publishes its events
  size_t proposed() const { return proposed_; }     // commands

 private:
  struct InPlace final : Executor {
    void post(std::unique_ptr<Task> task) override { task->run(); }
  };
  void answer(std::unique_ptr<v3bridge::Completion> completion, std::function<v3bridge::Outcome()> work);

  mutable store::StoreFixture fixture_;
  v3bridge::Bridge bridge_;
  store::Hub hub_;
  InPlace readers_;
  v3bridge::ApplyCounts counts_;
  std::string v2_root_;
  bool holds_ = false;
  std::deque<std::function<void()>> held_;
  std::string refusal_;
  size_t proposed_ = 0;
};

class ServiceWorld {
 public:
  ServiceWorld();
  ~ServiceWorld();

  // Each of these settles: returns once nothing is left to do.
  std::shared_ptr<Said> call(const std::string& path, Message& request);
  void on_loop(const std::function<void()>& function);
  void settle();
  v3bridge::Outcome apply(const Command& command);
  void leave(const std::shared_ptr<Said>& said);  // the client of that call goes

  // Live keys: "k=v lease 5 from 2", with the create revision behind "from".
  std::vector<std::string> keys();
  int64_t revision();
  net::Loop& loop() { return loops_.loop(0); }

  BridgeEngine engine;
  Methods methods;
  ServiceOptions options;

 private:
  SystemClock clock_;
  net::LoopGroup loops_{clock_, net::Limits(), 1};

 public:
  KeySignals signals{engine, loops_};
};

}  // namespace viaduct::v3
