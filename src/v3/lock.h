// The Lock service (v3-api.md 2.12): a key per holder or waiter, and the oldest of a name holds the lock.
#pragma once

#include "v3/key_signals.h"
#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Borrows all but the options.
void add_lock_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options, KeySignals& signals);

}  // namespace viaduct::v3
