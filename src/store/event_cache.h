// The newest committed events, in memory, for watchers that lag a little: bounded in bytes, oldest dropped first.
// Threads: push() on the apply thread, the rest on any; has a lock of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "store/record.h"

namespace viaduct::store {

class EventCache {
 public:
  explicit EventCache(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  void start_at(Seq newest);                    // what came before is on disk
  void push(std::span<const EventPtr> events);  // in order of seq, without a gap
  Seq newest() const;                           // committed, whether still here or not

  // Events with seq >= from until either bound is reached, at least one if there is one; nothing at all if some of
  // them are no longer here.
  std::optional<std::vector<EventPtr>> since(Seq from, size_t max_events, size_t max_bytes) const;

 private:
  struct Slot {
    EventPtr event;
    size_t bytes;
  };

  const uint64_t limit_bytes_;
  mutable std::mutex mutex_;
  std::deque<Slot> slots_;
  uint64_t bytes_ = 0;
  Seq newest_;
};

}  // namespace viaduct::store
