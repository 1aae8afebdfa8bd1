// The Maintenance service (v3-api.md 2.9), but for Snapshot, which is in snapshot_service.h.
#pragma once

#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Borrows the engine.
void add_maintenance_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options);

}  // namespace viaduct::v3
