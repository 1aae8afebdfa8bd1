// Leases: both a v2 TTL and a v3 lease (D4, bridge.md section 6). Deadlines are in cluster time.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/ids.h"
#include "store/record.h"

namespace viaduct::store {

inline constexpr uint64_t kMaxTtlSeconds = 9'000'000'000;       // L4
inline constexpr uint64_t kFirstV2LeaseId = uint64_t{1} << 62;  // L1: a v2 lease's id is this plus its seq

struct Lease {
  LeaseId id{};
  uint64_t ttl_seconds = 0;   // as granted
  uint64_t deadline_ms = 0;   // cluster time
  int64_t expiration_ns = 0;  // Unix time stamped with the grant or the last renewal, plus TTL (L3)
  bool made_by_v2 = false;    // goes with its last attachment (L2)
  bool has_row = false;       // stored on its own; a v2 lease only after a v3 client renewed it
};

// v2's ttl at cluster time `now_ms`: the remaining time rounded up; 0 or below once overdue.
int64_t remaining_seconds(const Lease& lease, uint64_t now_ms);

}  // namespace viaduct::store
