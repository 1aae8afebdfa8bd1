// Paces bytes: so many in a second, and a second's worth at once after a pause. Time is an argument.
// Threads: any.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace viaduct::peer {

class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  explicit TokenBucket(uint64_t bytes_per_second) : bytes_per_second_(std::max<uint64_t>(bytes_per_second, 1)) {}

  // When `bytes`, asked for now, may be sent: after all that were asked for before.
  Clock::time_point reserve(uint64_t bytes, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    const Clock::time_point at = std::max(next_, now - std::chrono::seconds(1));
    next_ = at + std::chrono::nanoseconds(bytes * 1'000'000'000 / bytes_per_second_);
    return std::max(at, now);
  }

 private:
  const uint64_t bytes_per_second_;
  std::mutex mutex_;
  Clock::time_point next_{};  // guarded by mutex_: when the bucket is full again to a second's worth, less one second
};

}  // namespace viaduct::peer
