// A load that can be run for a while and says what it got done.
#pragma once

#include <chrono>
#include <cstdint>

#include "bench/histogram.h"

namespace viaduct::bench {

struct LoadResult {
  uint64_t operations = 0;  // answered in the time
  std::chrono::nanoseconds elapsed{};
  Histogram latency;
};

class Runner {
 public:
  virtual ~Runner() = default;
  // Requests may stay on their way between two calls, so that a warm-up runs seamlessly into the measured time.
  virtual LoadResult run_for(std::chrono::nanoseconds time) = 0;
};

}  // namespace viaduct::bench
