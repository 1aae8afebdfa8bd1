// Raft's state as other threads may see it: each value is of its own moment.
// Threads: show() and the setters on the raft thread; the rest from any.
#pragma once

#include <atomic>

#include "raft/raft.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

class RaftView {
 public:
  void show(const raft::Raft& raft) {
    term_.store(raft.term().value, std::memory_order_relaxed);
    commit_.store(raft.log().commit().value, std::memory_order_relaxed);
    leader_.store(raft.leader().value, std::memory_order_relaxed);
    hears_leader_.store(raft.has_heard_leader(), std::memory_order_relaxed);
    vote_.store(raft.hard_state().vote.value, std::memory_order_relaxed);
    role_.store(static_cast<v3bridge::RaftRole>(raft.role()), std::memory_order_relaxed);
    learner_.store(raft.configuration().is_learner(raft.id()), std::memory_order_relaxed);
    leads_alone_.store(raft.leads_alone(), std::memory_order_release);
  }
  void leader_found(int64_t wall_ns) { leader_since_wall_ns_.store(wall_ns, std::memory_order_relaxed); }

  bool leads_alone() const { return leads_alone_.load(std::memory_order_acquire); }
  bool hears_leader() const { return hears_leader_.load(std::memory_order_relaxed); }
  bool is_learner() const { return learner_.load(std::memory_order_relaxed); }

  // Without `applied`.
  v3bridge::RaftStatus status() const {
    v3bridge::RaftStatus status;
    status.term = Term(term_.load(std::memory_order_relaxed));
    status.commit = Index(commit_.load(std::memory_order_relaxed));
    status.leader = MemberId(leader_.load(std::memory_order_relaxed));
    status.vote = MemberId(vote_.load(std::memory_order_relaxed));
    status.role = role_.load(std::memory_order_relaxed);
    status.leader_since_wall_ns = leader_since_wall_ns_.load(std::memory_order_relaxed);
    return status;
  }

 private:
  std::atomic<uint64_t> term_{0}, commit_{0}, leader_{0}, vote_{0};
  std::atomic<v3bridge::RaftRole> role_{v3bridge::RaftRole::kFollower};
  std::atomic<int64_t> leader_since_wall_ns_{0};
  std::atomic<bool> hears_leader_{false};
  std::atomic<bool> learner_{false};
  std::atomic<bool> leads_alone_{false};
};

}  // namespace viaduct::server
