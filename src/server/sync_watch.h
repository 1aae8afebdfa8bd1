// How long the sync under way has taken, for someone who does not wait for it himself (CC-14).
// Threads: begin() and end() on the one that syncs, under_way() on any.
#pragma once

#include <atomic>
#include <chrono>

namespace viaduct::server {

class SyncWatch {
 public:
  void begin(std::chrono::nanoseconds now) { began_.store(now.count(), std::memory_order_relaxed); }
  void end() { began_.store(kNone, std::memory_order_relaxed); }

  std::chrono::nanoseconds under_way(std::chrono::nanoseconds now) const {
    const int64_t began = began_.load(std::memory_order_relaxed);
    return began == kNone ? std::chrono::nanoseconds(0) : now - std::chrono::nanoseconds(began);
  }

 private:
  static constexpr int64_t kNone = -1;
  std::atomic<int64_t> began_{kNone};
};

}  // namespace viaduct::server
