// Counters behind /v2/stats/store and the v2 series of /metrics that only this API knows. What is written is counted
// where it is applied (v3bridge/counts.h).
// Threads: any; relaxed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace viaduct::v2 {

class KeyStats {
 public:
  void count_get(bool success) { (success ? gets_success_ : gets_fail_).fetch_add(1, std::memory_order_relaxed); }
  void watch_started() {
    watch_requests_.fetch_add(1, std::memory_order_relaxed);
    watchers_.fetch_add(1, std::memory_order_relaxed);
  }
  void watch_ended() { watchers_.fetch_sub(1, std::memory_order_relaxed); }

  uint64_t gets_success() const { return gets_success_.load(std::memory_order_relaxed); }
  uint64_t gets_fail() const { return gets_fail_.load(std::memory_order_relaxed); }
  uint64_t watch_requests() const { return watch_requests_.load(std::memory_order_relaxed); }
  size_t watchers() const { return watchers_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> gets_success_{0}, gets_fail_{0}, watch_requests_{0};
  std::atomic<size_t> watchers_{0};
};

}  // namespace viaduct::v2
