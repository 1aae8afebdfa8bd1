// An engine without a log, for tests of the wire APIs: what is proposed is applied at once, or when the test says.
// Threads: one at a time. Answers go to the executors of those who wait.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/store/store_fixture.h"
#include "v3bridge/admin.h"
#include "v3bridge/bridge.h"
#include "v3bridge/engine.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {

class BridgeEngine final : public Engine {
 public:
  BridgeEngine() : bridge_(*fixture_) {
    raft.term = Term(7);
    raft.leader = member_id();
    hub_.publish({}, fixture_.numbers().seq);
  }

  void propose(Command&& command, std::unique_ptr<Completion> completion) override {
    ++proposed_;
    newest_proposal_ = command.SerializeAsString();
    answer(std::move(completion),
           [this, kept = std::make_shared<Command>(std::move(command))] { return apply(*kept); });
  }
  void read_barrier(std::unique_ptr<Completion> completion) override {
    ++barriers_;
    answer(std::move(completion), [] { return Outcome(); });
  }
  void move_leader(MemberId target, std::unique_ptr<Completion> completion) override {
    answer(std::move(completion), [this, target] {
      raft.leader = target;
      return Outcome();
    });
  }
  void compaction_barrier(std::unique_ptr<Completion> completion) override {
    answer(std::move(completion), [] { return Outcome(); });
  }
  const store::Store& store() const override { return *fixture_; }
  store::Hub& hub() override { return hub_; }
  Executor& readers() override { return readers_; }
  uint64_t cluster_now_ms() const override { return fixture_.stamp.cluster_ms; }
  RaftStatus raft_status() const override { return raft; }
  const ApplyCounts& counts() const override { return counts_; }
  const std::string& v2_root() const override { return v2_root_; }
  ClusterId cluster_id() const override { return ClusterId(0xc); }
  MemberId member_id() const override { return MemberId(0xa); }
  std::vector<Member> members() const override { return v3bridge::members(*fixture_); }
  bool is_learner() const override { return learner; }
  std::vector<Traffic> traffic() const override { return exchanged; }
  std::string cluster_version() const override { return "3.5.0"; }
  std::vector<ActiveAlarm> alarms() const override { return active_alarms(*fixture_); }

  // What is proposed or asked from now on waits, until release() answers it in order.
  void hold() { holds_ = true; }
  void release() {
    holds_ = false;
    for (; !held_.empty(); held_.pop_front()) held_.front()();
  }
  // The next thing asked for is refused with this text, and for this reason.
  void refuse_next(std::string text, Refusal::Kind kind = Refusal::Kind::kTimeout) {
    refusal_ = Refusal{kind, std::move(text)};
  }
  // And publishes its events.
  Outcome apply(const Command& command) {
    fixture_->begin_group();
    Outcome outcome = bridge_.apply(command, fixture_.stamp);
    const std::vector<store::EventPtr> events = fixture_.commit();
    if (!events.empty()) hub_.publish(events, events.back()->seq());
    return outcome;
  }
  size_t proposed() const { return proposed_; }                            // commands
  const std::string& newest_proposal() const { return newest_proposal_; }  // as the log would have it
  size_t barriers() const { return barriers_; }                            // read barriers asked for

  // What the engine says of itself and the others; changed while nothing runs.
  RaftStatus raft;
  bool learner = false;
  std::vector<Traffic> exchanged;

 private:
  struct InPlace final : Executor {
    void post(std::unique_ptr<Task> task) override { task->run(); }
  };

  void answer(std::unique_ptr<Completion> completion, std::function<Outcome()> work) {
    const auto go = [this, refusal = std::exchange(refusal_, std::nullopt), work = std::move(work),
                     kept = std::make_shared<std::unique_ptr<Completion>>(std::move(completion))] {
      auto outcome = std::make_shared<Outcome>();
      if (refusal)
        outcome->body = *refusal;
      else
        *outcome = work();
      (*kept)->home().post_function([kept, outcome] { (*kept)->done(std::move(*outcome)); });
    };
    holds_ ? held_.push_back(go) : go();
  }

  mutable store::StoreFixture fixture_;
  Bridge bridge_;
  store::Hub hub_;
  InPlace readers_;
  ApplyCounts counts_;
  std::string v2_root_;
  bool holds_ = false;
  std::deque<std::function<void()>> held_;
  std::optional<Refusal> refusal_;
  size_t proposed_ = 0;
  std::string newest_proposal_;
  size_t barriers_ = 0;
};

}  // namespace viaduct::v3bridge
