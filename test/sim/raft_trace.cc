#include "test/sim/raft_trace.h"

#include <algorithm>

namespace viaduct::sim {

RaftTrace* RaftTrace::current_ = nullptr;

RaftTrace::RaftTrace(raft::Configuration founders, std::function<void(const std::string&)> complain)
    : checker_(std::move(founders)), complain_(std::move(complain)) {
  current_ = this;
}

void RaftTrace::started(const raft::Raft& raft, uint64_t incarnation) {
  to_be_sent_.erase(raft.id());
  tell([&](model::TraceChecker& checker) { checker.started(raft, incarnation); });
}

RaftTrace::Standing RaftTrace::standing(MemberId member) const {
  const auto found = standings_.find(member);
  return found == standings_.end() ? Standing() : found->second;
}

void RaftTrace::took(const raft::Raft& raft, const raft::Ready& ready) {
  Standing& standing = standings_[raft.id()];
  standing = {raft.term(), raft.leader(), std::max(standing.furthest, raft.log().last_index())};
  to_be_sent_[raft.id()].emplace_back(ready.sequence, ready.messages_synced);
  tell([&](model::TraceChecker& checker) { checker.took(raft, ready); });
}

void RaftTrace::persisted(const raft::Raft& raft, raft::WriteSequence sequence) {
  tell([&](model::TraceChecker& checker) { checker.persisted(raft, sequence); });
  std::erase_if(to_be_sent_[raft.id()], [&](const Synced& synced) {
    if (synced.first > sequence) return false;
    for (const raft::Message& message : synced.second)
      tell([&](model::TraceChecker& checker) { checker.sent(raft, message); });
    return true;
  });
}

void RaftTrace::complain() {
  is_over_ = true;
  std::string text = checker_.illegal();
  std::ranges::replace(text, '\n', ';');
  complain_(text);
}

}  // namespace viaduct::sim

// --- The calls: each is raft's own, and the trace is told of it. They are functions with `this` in front, as the
// compiler has them. raft_calls.link names the same ones.

namespace viaduct::raft {
namespace {

template <typename Tell>
void tell(Tell tell) {
  if (sim::RaftTrace* const trace = sim::RaftTrace::current()) trace->tell(tell);
}

void tell_acted(const Raft& raft) {
  tell([&](model::TraceChecker& checker) { checker.acted(raft); });
}

}  // namespace

#define VIADUCT_WRAPPED(Type, name, symbol, ...)          \
  Type name##_itself(__VA_ARGS__) asm("__real_" symbol);  \
  Type name##_wrapped(__VA_ARGS__) asm("__wrap_" symbol); \
  Type name##_wrapped(__VA_ARGS__)

VIADUCT_WRAPPED(Result<Raft>, start, "_ZN7viaduct4raft4Raft5startERKNS0_7OptionsENS0_7RestartERNS_6RandomE",
                const Options& options, Restart restart, Random& random) {
  Result<Raft> started = start_itself(options, std::move(restart), random);
  if (sim::RaftTrace* const trace = sim::RaftTrace::current(); trace && started)
    trace->started(*started, options.incarnation);
  return started;
}

VIADUCT_WRAPPED(void, tick, "_ZN7viaduct4raft4Raft4tickEv", Raft& raft) {
  tick_itself(raft);
  tell_acted(raft);
}

VIADUCT_WRAPPED(void, disk_stalled, "_ZN7viaduct4raft4Raft12disk_stalledEj", Raft& raft, uint32_t holdoff_ticks) {
  disk_stalled_itself(raft, holdoff_ticks);
  tell_acted(raft);
}

VIADUCT_WRAPPED(void, step, "_ZN7viaduct4raft4Raft4stepENS0_7MessageE", Raft& raft, Message message) {
  const Message heard = message;
  step_itself(raft, std::move(message));
  tell([&](model::TraceChecker& checker) { checker.stepped(raft, heard); });
}

VIADUCT_WRAPPED(Result<Index>, propose,
                "_ZN7viaduct4raft4Raft7proposeENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEENS0_8PriorityE",
                Raft& raft, std::string data, Priority priority) {
  Result<Index> index = propose_itself(raft, std::move(data), priority);
  tell_acted(raft);
  return index;
}

VIADUCT_WRAPPED(Result<Index>, propose_configuration,
                "_ZN7viaduct4raft4Raft21propose_configurationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
                Raft& raft, std::string data) {
  Result<Index> index = propose_configuration_itself(raft, std::move(data));
  tell_acted(raft);
  return index;
}

VIADUCT_WRAPPED(Ready, ready, "_ZN7viaduct4raft4Raft5readyEv", Raft& raft) {
  Ready ready = ready_itself(raft);
  if (sim::RaftTrace* const trace = sim::RaftTrace::current()) trace->took(raft, ready);
  return ready;
}

VIADUCT_WRAPPED(void, persisted, "_ZN7viaduct4raft4Raft9persistedENS_2IdINS0_16WriteSequenceTagEEE", Raft& raft,
                WriteSequence sequence) {
  persisted_itself(raft, sequence);
  if (sim::RaftTrace* const trace = sim::RaftTrace::current()) trace->persisted(raft, sequence);
}

VIADUCT_WRAPPED(void, applied, "_ZN7viaduct4raft4Raft7appliedENS_2IdINS_8IndexTagEEE", Raft& raft, Index index) {
  applied_itself(raft, index);
  tell_acted(raft);
}

VIADUCT_WRAPPED(void, apply_configuration, "_ZN7viaduct4raft4Raft19apply_configurationENS0_13ConfigurationE",
                Raft& raft, Configuration next) {
  const Configuration told = next;
  apply_configuration_itself(raft, std::move(next));
  tell([&](model::TraceChecker& checker) { checker.configured(raft, told); });
}

VIADUCT_WRAPPED(bool, installed, "_ZN7viaduct4raft4Raft9installedENS0_7EntryIdENS0_13ConfigurationE", Raft& raft,
                EntryId snapshot, Configuration configuration) {
  const bool rest_stays = installed_itself(raft, snapshot, std::move(configuration));
  tell([&](model::TraceChecker& checker) { checker.installed(raft, snapshot); });
  return rest_stays;
}

}  // namespace viaduct::raft
