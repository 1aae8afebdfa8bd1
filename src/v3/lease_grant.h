// What every grant of a lease has in common, whoever asks for it.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Positive, not in use here now, and below those that v2 makes (bridge.md L1).
LeaseId pick_lease_id(const v3bridge::Engine& engine);

// A lease lives at least one and a half election timeouts, so that a change of leaders does not end it.
int64_t effective_ttl_seconds(int64_t asked, const ServiceOptions& options);

}  // namespace viaduct::v3
