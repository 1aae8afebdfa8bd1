// A member's estimate of cluster time (D3): the newest stamp it has seen, or that plus the local time since while it
// leads (or hears the leader), whichever is more. Without a leader time stands still, so an outage ends no lease.
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
  // The leader, heard just now, takes it to be `cluster_ms`. Time runs from there on.
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
