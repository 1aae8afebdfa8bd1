// Waits for a descriptor, with an end.
#pragma once

#include <chrono>
#include <cstdint>

#include "peer/cancellation.h"

namespace viaduct::peer {

enum class Waited : uint8_t { kReady, kTimedOut, kCancelled };

// `events` as poll(2) has them; an error of the descriptor is kReady, too. `cancellation` may be null.
Waited wait_for(int descriptor, short events, const Cancellation* cancellation,
                std::chrono::steady_clock::time_point deadline);

}  // namespace viaduct::peer
