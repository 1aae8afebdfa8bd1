#include "base/clock.h"

#include <time.h>

#include <cassert>

namespace viaduct {
namespace {

int64_t read_ns(clockid_t clock) {
  timespec now;
  const int failed = clock_gettime(clock, &now);
  assert(failed == 0);
  static_cast<void>(failed);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::chrono::nanoseconds SystemClock::monotonic() const { return std::chrono::nanoseconds(read_ns(CLOCK_BOOTTIME)); }
int64_t SystemClock::wall_ns() const { return read_ns(CLOCK_REALTIME); }

}  // namespace viaduct
