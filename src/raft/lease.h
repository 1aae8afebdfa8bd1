// How long a quorum's answers vouch that nobody else leads (dissertation 6.4.1, RF-4). Whoever answered a round of
// heartbeats helps no other candidate for an election timeout; the lease is shorter than that by what ticks on two
// machines may differ by, and counts from the beginning of the round. All in ticks.
#pragma once

#include <cstdint>
#include <deque>

#include "raft/message.h"

namespace viaduct::raft {

class Lease {
 public:
  explicit Lease(uint32_t election_ticks) : duration_(election_ticks * 7 / 10) {}

  void tick();
  void began(Round round);
  bool holds(Round confirmed) const;  // `confirmed`: the newest round that a quorum has answered
  void end() { starts_.clear(); }     // rounds begun so far vouch for nothing

 private:
  struct Start {
    Round first;  // of those begun in this tick
    uint64_t tick;
  };

  uint32_t duration_;
  uint64_t now_ = 0;
  std::deque<Start> starts_;  // ascending in both; those too old for a lease are dropped
};

}  // namespace viaduct::raft
