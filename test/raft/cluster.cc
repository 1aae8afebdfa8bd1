#include "cluster.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

namespace viaduct::raft::test {

Cluster::Cluster(size_t n, const Configuration& initial, uint64_t seed, const std::function<void(Member&)>& adjust) {
  for (uint64_t id = 1; id <= n; ++id) {
    Member& member = members_.try_emplace(MemberId(id), options_of(id), initial, seed * 1000 + id).first->second;
    member.on_send = [this](const Member& from, const Message& message) { checker.sent(from, message); };
    adjust(member);
  }
}

void Cluster::trace_from(const Configuration& initial) {
  trace_.emplace(initial);
  for (auto& [id, member] : members_) member.trace = &*trace_;
}

void Cluster::start(uint64_t id) {
  (*this)[id].start();
  checker.started((*this)[id]);
}

void Cluster::start_all() {
  for (auto& [id, member] : members_) {
    if (!member.is_up()) start(id.value);
  }
}

void Cluster::collect(Member& member) {
  if (!member.is_up()) return;
  checker.stepped(member, members_);
  if (trace_) trace_->acted(*member.raft);
  if (trace_ && !trace_->illegal().empty()) FAIL(trace_->illegal());
  for (const ReadResult& read : std::exchange(member.reads, {})) checker.answered(member, read);
  for (Message& message : std::exchange(member.out, {})) {
    if (is_linked(message.from, message.to)) wire.push_back(std::move(message));
  }
  for (MemberId to : std::exchange(member.snapshots_wanted, {})) snapshots.push_back(member.snapshot_for(to));
}

void Cluster::deliver(Message message) {
  const auto to = members_.find(message.to);
  if (to == members_.end() || !to->second.is_up() || !is_linked(message.from, message.to)) return;
  Raft& raft = *to->second.raft;
  raft.step(message);
  if (trace_) trace_->stepped(raft, message);
  collect(to->second);
}

void Cluster::deliver(const Snapshot& snapshot) {
  Member& to = members_.at(snapshot.to);
  Member& from = members_.at(snapshot.from);
  const bool arrives = to.is_up() && is_linked(snapshot.from, snapshot.to);
  if (arrives) to.install(snapshot);
  if (from.is_up()) from.raft->snapshot_sent(snapshot.to, arrives ? std::optional(snapshot.id.index) : std::nullopt);
  collect(to);
  collect(from);
}

void Cluster::settle() {
  for (bool is_quiet = false; !is_quiet;) {
    is_quiet = true;
    for (auto& [id, member] : members_) {
      if (!member.is_up()) continue;
      if (member.raft->has_ready() || !member.writes.empty() || !member.to_apply.empty()) is_quiet = false;
      while (member.raft->has_ready() || !member.writes.empty() || !member.to_apply.empty()) {
        if (member.raft->has_ready()) member.take_ready();
        collect(member);
        member.sync();
        collect(member);
        member.apply();
        collect(member);
      }
    }
    for (Message& message : std::exchange(wire, {})) {
      is_quiet = false;
      deliver(std::move(message));
    }
    for (const Snapshot& snapshot : std::exchange(snapshots, {})) {
      is_quiet = false;
      deliver(snapshot);
    }
  }
}

void Cluster::tick(uint64_t id, uint32_t times) {
  for (uint32_t i = 0; i < times; ++i) {
    raft(id).tick();
    collect((*this)[id]);
    settle();
  }
}

void Cluster::tick_all(uint32_t times) {
  for (uint32_t i = 0; i < times; ++i) {
    for (auto& [id, member] : members_) {
      if (!member.is_up()) continue;
      member.raft->tick();
      collect(member);
    }
    settle();
  }
}

uint64_t Cluster::elect(uint64_t id) {
  for (auto& [other, member] : members_) {
    if (member.is_up()) member.raft->forget_leader();
  }
  raft(id).campaign();
  settle();
  return leader();
}

uint64_t Cluster::leader() const {
  const Raft* newest = nullptr;
  for (const auto& [id, member] : members_) {
    const bool leads = member.is_up() && member.raft->role() == Role::kLeader;
    if (leads && (!newest || member.raft->term() > newest->term())) newest = member.raft.get();
  }
  return newest ? newest->id().value : 0;
}

std::function<bool(MemberId, MemberId)> isolate(std::vector<uint64_t> group) {
  return [group = std::move(group)](MemberId from, MemberId to) {
    const auto is_inside = [&](MemberId id) { return std::find(group.begin(), group.end(), id.value) != group.end(); };
    return is_inside(from) != is_inside(to);
  };
}

}  // namespace viaduct::raft::test
