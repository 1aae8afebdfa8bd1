// Time as an interface, so that a simulator can own it. Protocol code takes time as an argument and never asks.
#pragma once

#include <chrono>
#include <cstdint>

namespace viaduct {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::nanoseconds monotonic() const = 0;  // never falls; counts suspend (CLOCK_BOOTTIME)
  virtual int64_t wall_ns() const = 0;                     // nanoseconds since 1970-01-01 UTC; may jump
};

class SystemClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override;
  int64_t wall_ns() const override;
};

}  // namespace viaduct
