// A member's estimate of cluster time (D3): the newest stamp it has seen, or what the leader said last and the local time
// since, whichever is more; a new leader goes on from its estimate. Without a leader time stands still, so an outage ends
// no lease.
//
// Invariant: a follower's estimate is not ahead of its leader's clock, but for the rates of their clocks since it was heard.
//            So the next leader does not begin with a leap that would end leases before their time (INV-E1), even if it
//            led before or was paused, and went on counting by itself.
// Threads: written by the raft thread, read by any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/stamp.h"

namespace viaduct::server {

class ClusterClock {
 public:
  // A stamp was read from the log; `now` is the local monotonic clock.
  void observe(const Stamp& stamp, std::chrono::nanoseconds now);
  // Time runs from the current estimate on: this member leads, or has just heard the leader.
  void run(std::chrono::nanoseconds now);
  void stand_still(std::chrono::nanoseconds now);
  // The leader, heard just now, takes it to be `cluster_ms`: so it is, and time runs from there on.
  void heard(uint64_t cluster_ms, std::chrono::nanoseconds now);

  uint64_t estimate_ms(std::chrono::nanoseconds now) const;

  // The stamp of the next entry: not below the one before it, whatever the wall clock does. Raft thread.
  Stamp next_stamp(std::chrono::nanoseconds now, int64_t wall_ns);

 private:
  static int64_t to_ms(std::chrono::nanoseconds time) { return time / std::chrono::milliseconds(1); }

  std::atomic<uint64_t> floor_ms_{0};    // newest cluster time known
  std::atomic<int64_t> offset_ms_{0};    // cluster time minus local time, while running
  std::atomic<bool> running_{false};
  Stamp last_;
};

}  // namespace viaduct::server
