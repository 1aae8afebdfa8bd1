// Checks v3 calls against the past: every answer is what the model says of the state at its revision, every write
// stands in the log as it was asked for, whole and once, refused ones not at all (INV-L2, L4, L5, A8, D1).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "test/cluster/violations.h"
#include "test/sim/scenarios/kv_client.h"
#include "test/sim/scenarios/past.h"

namespace viaduct::sim {

// Returns the revisions that these calls have made, or, of those that only delete, may have made. Every value that they
// put must be unique among all.
std::set<uint64_t> check_kv(const std::vector<KvCall>& calls, const Past& past, cluster_test::Violations& violations);

// Nobody else has put or deleted anything below `prefix`; but what has a lease goes with it.
void check_claimed(const std::string& prefix, const std::set<uint64_t>& claimed, const Past& past,
                   cluster_test::Violations& violations);

}  // namespace viaduct::sim
