#include "test/v3/service_world.h"

#include <future>

namespace viaduct::v3 {

using v3bridge::Completion;
using v3bridge::Outcome;
using v3bridge::Refusal;

BridgeEngine::BridgeEngine() : bridge_(*fixture_) { hub_.publish({}, current_numbers(*fixture_).seq); }

void BridgeEngine::propose(Command&& command, std::unique_ptr<Completion> completion) {
  ++proposed_;
  answer(std::move(completion), [this, kept = std::make_shared<Command>(std::move(command))] { return apply(*kept); });
}

void BridgeEngine::read_barrier(std::unique_ptr<Completion> completion) {
  answer(std::move(completion), [] { return Outcome(); });
}

void BridgeEngine::move_leader(MemberId, std::unique_ptr<Completion> completion) { read_barrier(std::move(completion)); }

void BridgeEngine::compaction_barrier(std::unique_ptr<Completion> completion) { read_barrier(std::move(completion)); }

v3bridge::RaftStatus BridgeEngine::raft_status() const {
  v3bridge::RaftStatus status;
  status.term = Term(7);
  status.leader = member_id();
  return status;
}

Outcome BridgeEngine::apply(const Command& command) {
  fixture_->begin_group();
  Outcome outcome = bridge_.apply(command, fixture_.stamp);
  const std::vector<store::EventPtr> events = fixture_.commit();
  if (!events.empty()) hub_.publish(events, events.back()->seq());
  return outcome;
}

void BridgeEngine::answer(std::unique_ptr<Completion> completion, std::function<Outcome()> work) {
  const auto go = [this, refusal = std::exchange(refusal_, ""), work = std::move(work),
                   kept = std::make_shared<std::unique_ptr<Completion>>(std::move(completion))] {
    auto outcome = std::make_shared<Outcome>();
    if (refusal.empty())
      *outcome = work();
    else
      outcome->body = Refusal{Refusal::Kind::kTimeout, refusal};
    (*kept)->home().post_function([kept, outcome] { (*kept)->done(std::move(*outcome)); });
  };
  holds_ ? held_.push_back(go) : go();
}

void BridgeEngine::release() {
  holds_ = false;
  for (; !held_.empty(); held_.pop_front()) held_.front()();
}

ServiceWorld::ServiceWorld() { loops_.start(); }

ServiceWorld::~ServiceWorld() { loops_.stop(); }

void ServiceWorld::on_loop(const std::function<void()>& function) {
  std::promise<void> done;
  loop().post_function([&] {
    function();
    done.set_value();
  });
  done.get_future().wait();
}

void ServiceWorld::settle() {
  static constexpr int kPostedByPosted = 10;  // deep, at most
  for (int i = 0; i < kPostedByPosted; ++i) on_loop([] {});
}

std::shared_ptr<Said> ServiceWorld::call(const std::string& path, Message& request) {
  std::shared_ptr<Said> said;
  on_loop([&] { said = invoke(methods, path, request, &loop()); });
  settle();
  return said;
}

Outcome ServiceWorld::apply(const Command& command) {
  Outcome outcome;
  on_loop([&] { outcome = engine.apply(command); });
  settle();
  return outcome;
}

void ServiceWorld::leave(const std::shared_ptr<Said>& said) {
  on_loop([&] { said->leave(); });
  settle();
}

std::vector<std::string> ServiceWorld::keys() {
  std::vector<std::string> lines;
  on_loop([&] {
    auto snapshot = engine.store().snapshot(Revision());
    REQUIRE(snapshot);
    for (const store::NodeView& key : (*snapshot)->slice(store::Family::kKey, "", "", store::Store::kSliceNodes)) {
      lines.push_back(key.key + "=" + std::string(key.value.view()) + " lease " +
                      std::to_string(static_cast<int64_t>(key.lease.value)) + " from " +
                      to_string(key.create_revision));
    }
  });
  return lines;
}

int64_t ServiceWorld::revision() { return static_cast<int64_t>(current_numbers(engine.store()).revision.value); }

}  // namespace viaduct::v3
