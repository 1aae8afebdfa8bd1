// A moment on the clock that deadlines and timers go by.
#pragma once

#include <chrono>

namespace viaduct::net {

using TimePoint = std::chrono::nanoseconds;  // of Clock::monotonic()

inline constexpr TimePoint kNever = TimePoint::max();

}  // namespace viaduct::net
