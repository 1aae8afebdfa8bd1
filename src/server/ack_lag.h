// When the log was done with entries that it did not take at once. A lease's deadline counts from the stamp its grant
// got at append; its holder counts from the answer. When a slow disk lies between the two, the leader waits that much
// longer before it ends the lease, so that none ends before its time (INV-E1). Noted by the local clock: cluster time
// runs on while a leader's disk hangs, and goes back to that of the next leader. Pure.
// Threads: the raft thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace viaduct::server {

class AckLag {
 public:
  static constexpr uint64_t kWorthNotingMs = 10;  // less is within the rates at which clocks differ
  static constexpr size_t kMaxNotes = 4096;

  // An entry stamped `stamp_ms` was handed to apply `now`, by the local monotonic clock, which is `cluster_ms` in
  // cluster time. Stamps do not fall from call to call.
  void handed_over(uint64_t stamp_ms, uint64_t cluster_ms, std::chrono::nanoseconds now);

  // When the last entry stamped so was handed over, by the local clock; nothing for most, which the log took at once.
  std::optional<std::chrono::nanoseconds> late(uint64_t stamp_ms) const;

 private:
  struct Note {
    uint64_t stamp_ms;
    std::chrono::nanoseconds handed_over;
  };
  std::deque<Note> notes_;  // ascending in stamp
};

}  // namespace viaduct::server
