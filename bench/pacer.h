// An open load's clock: how many operations are due by now at a steady rate.
#pragma once

#include <chrono>
#include <cstddef>

#include "bench/connection.h"

namespace viaduct::bench {

class Pacer {
 public:
  explicit Pacer(double per_second) : per_second_(per_second), begin_(Clock::now()) {}

  size_t due() const {
    return static_cast<size_t>(std::chrono::duration<double>(Clock::now() - begin_).count() * per_second_);
  }
  std::chrono::nanoseconds elapsed() const { return Clock::now() - begin_; }

 private:
  double per_second_;
  Clock::time_point begin_;
};

}  // namespace viaduct::bench
