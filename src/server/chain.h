// The running hash over all that a member has applied, and what came of it (INV-A6). Members with the same log have the
// same chain at the same index; the first entry from which they differ shows in every link after it.
#pragma once

#include <cstdint>

#include "base/entry.h"
#include "v3bridge/outcome.h"

namespace viaduct::server {

// The chain after `entry`, before which it was `chain`.
uint64_t next_link(uint64_t chain, const Entry& entry, const v3bridge::Outcome& outcome);

}  // namespace viaduct::server
