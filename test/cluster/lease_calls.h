// What clients do with leases in every load: grant, renew, revoke.
#pragma once

#include <optional>

#include "test/cluster/v3_client.h"

namespace viaduct::cluster_test {

struct Granted {
  int64_t id = 0, ttl = 0;  // seconds
};

// Nothing: it failed, or nobody knows.
std::optional<Granted> grant_lease(V3Client& client, uint64_t ttl, std::chrono::milliseconds time);
// On a stream of its own. The seconds that it has again, 0: it is gone; nothing: no answer.
std::optional<int64_t> renew_lease(int port, int64_t id, std::chrono::milliseconds time);
bool revoke_lease(V3Client& client, int64_t id, std::chrono::milliseconds time);

}  // namespace viaduct::cluster_test
