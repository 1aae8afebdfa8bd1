// A clock that stands still until the test moves it.
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace viaduct {

class ManualClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return std::chrono::nanoseconds(now_.load()); }
  int64_t wall_ns() const override { return 1'500'000'000'000'000'000 + now_.load(); }
  void advance(std::chrono::nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{1'000'000'000'000};
};

}  // namespace viaduct
