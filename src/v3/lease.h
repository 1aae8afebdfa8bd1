// The Lease service (v3-api.md 2.7), but for LeaseKeepAlive, which is in keep_alive.h.
#pragma once

#include "base/random.h"
#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Borrows the engine.
void add_lease_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options);

}  // namespace viaduct::v3
