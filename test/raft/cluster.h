// Members and a network between them that loses, repeats and reorders only when told to. Everything that happens is
// watched by a Checker.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <vector>

#include "checker.h"
#include "member.h"

namespace viaduct::raft::test {

class Cluster {
 public:
  // Members 1..n, not started; all begin with this configuration.
  Cluster(
      size_t n, const Configuration& initial, uint64_t seed = 1,
      const std::function<void(Member&)>& adjust = [](Member&) {});
  Cluster(const Cluster&) = delete;
  Cluster(Cluster&&) = delete;

  Member& operator[](uint64_t id) { return members_.at(MemberId(id)); }
  Raft& raft(uint64_t id) { return *(*this)[id].raft; }
  std::map<MemberId, Member>& members() { return members_; }

  // From here on every step has to be one of the model's; before any start.
  void trace_from(const Configuration& initial);
  const model::TraceChecker* trace() const { return trace_ ? &*trace_ : nullptr; }

  void start(uint64_t id);
  void start_all();
  void collect(Member& member);  // takes what it wants sent, and checks it
  void deliver(Message message);
  void deliver(const Snapshot& snapshot);

  // Everybody writes, applies and talks until nothing is left to do.
  void settle();
  void tick(uint64_t id, uint32_t times = 1);  // and settles after each
  void tick_all(uint32_t times = 1);
  uint64_t elect(uint64_t id);  // campaigns and settles; returns the leader

  uint64_t leader() const;  // of the highest term; 0 if there is none
  bool is_linked(MemberId from, MemberId to) const { return !link_down || !link_down(from, to); }

  std::vector<Message> wire;
  std::vector<Snapshot> snapshots;
  std::function<bool(MemberId from, MemberId to)> link_down;
  Checker checker;

 private:
  std::optional<model::TraceChecker> trace_;
  std::map<MemberId, Member> members_;
};

// Cuts every link between the two groups.
std::function<bool(MemberId, MemberId)> isolate(std::vector<uint64_t> group);

}  // namespace viaduct::raft::test
