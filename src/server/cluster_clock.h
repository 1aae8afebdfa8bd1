// A member's estimate of cluster time (D3): the newest stamp that is committed, or what the leader said last and the
// local time since, whichever is more. A new leader goes on from its estimate, or from the newest stamp in its log.
// Without a leader time stands still, so an outage ends no lease.
//
// Invariant: a follower's estimate is not ahead of its leader's clock, but for the rates of their clocks since it was
//            heard. So the next leader does not begin with a leap that would end leases before their time (INV-E1).
//            What a member counted or stamped while it led without a quorum, or was paused, is forgotten once it hears
//            a leader. A millisecond counts when the whole of it has passed.
// Threads: written by the raft thread, read by any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/stamp.h"

namespace viaduct::server {

class ClusterClock {
 public:
  // An entry with this stamp is committed; `now` is the local monotonic clock.
  void observe(const Stamp& stamp, std::chrono::nanoseconds now);
  // This member leads a new term, and `newest` is the newest stamp in its log.
  void lead(const Stamp& newest, std::chrono::nanoseconds now);
  // Time runs from the current estimate on: this member leads, or has just heard the leader.
  void run(std::chrono::nanoseconds now);
  void stand_still(std::chrono::nanoseconds now);
  // The leader, heard just now, takes it to be `cluster_ms`: so it is, and time runs from there on.
  void heard(uint64_t cluster_ms, std::chrono::nanoseconds now);

  uint64_t estimate_ms(std::chrono::nanoseconds now) const;

  // The stamp of the next entry of the term that lead() began: not below the one before it, whatever the wall clock
  // does. Raft thread.
  Stamp next_stamp(std::chrono::nanoseconds now, int64_t wall_ns);

 private:
  void set(uint64_t cluster_ms, std::chrono::nanoseconds now);

  std::atomic<uint64_t> floor_ms_{0};  // newest cluster time known
  std::atomic<int64_t> offset_ns_{0};  // cluster time minus local time, while running
  std::atomic<bool> running_{false};
  uint64_t committed_ms_ = 0;  // newest stamp observed
  Stamp last_;                 // in the log of this leader
};

}  // namespace viaduct::server
