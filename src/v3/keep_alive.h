// Lease.LeaseKeepAlive (v3-api.md 2.7): each message of the stream renews a lease, each answer says its TTL.
#pragma once

#include "v3/method.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

// Borrows the engine.
void add_keep_alive_method(Methods& methods, v3bridge::Engine& engine);

}  // namespace viaduct::v3
