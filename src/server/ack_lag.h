// How long the log took for entries that it did not take at once. A lease's deadline counts from the stamp its grant got
// at append; its holder counts from the answer. When a slow disk lies between the two, the leader waits that much longer
// before it ends the lease, so that none ends before its time (INV-E1).
// Pure. Threads: the raft thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace viaduct::server {

class AckLag {
 public:
  static constexpr uint64_t kWorthNotingMs = 10;  // less is within the rates at which clocks differ
  static constexpr size_t kMaxNotes = 4096;

  // An entry stamped `stamp_ms` was handed to apply at `now_ms`; both cluster time. Stamps do not fall from call to call.
  void handed_over(uint64_t stamp_ms, uint64_t now_ms);

  // What a lease granted or renewed at `stamp_ms` gets on top; 0 for most.
  uint64_t of(uint64_t stamp_ms) const;

 private:
  struct Note {
    uint64_t stamp_ms, lag_ms;
  };
  std::deque<Note> notes_;  // ascending in stamp
};

}  // namespace viaduct::server
