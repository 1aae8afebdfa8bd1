#include "peer/wait_for.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace viaduct::peer {
namespace {

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(std::chrono::hours(1))).count());
}

}  // namespace

Waited wait_for(int descriptor, short events, const Cancellation* cancellation,
                std::chrono::steady_clock::time_point deadline) {
  pollfd waiting[] = {{descriptor, events, 0}, {cancellation ? cancellation->descriptor() : -1, POLLIN, 0}};
  for (;;) {
    const int left = milliseconds_until(deadline);
    const int ready = poll(waiting, 2, left);
    if (ready > 0) return waiting[1].revents != 0 ? Waited::kCancelled : Waited::kReady;
    if (ready == 0 && left == 0) return Waited::kTimedOut;
    if (ready < 0 && errno != EINTR) return Waited::kReady;  // the call on the descriptor will say what is wrong
  }
}

}  // namespace viaduct::peer
