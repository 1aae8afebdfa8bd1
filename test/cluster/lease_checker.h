// Checks that leases lived long enough and not too long, by when the deletes of their keys were first seen.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "test/cluster/history.h"
#include "test/cluster/replay.h"
#include "test/cluster/violations.h"

namespace viaduct::cluster_test {

// A lease with one key, which nobody else writes.
struct LeaseLife {
  int64_t id = 0;
  std::string key;
  std::chrono::seconds ttl{0};
  bool key_was_put = false;    // acknowledged
  Time renewed_since{};        // when the last acknowledged grant or renewal was called
  Time maybe_renewed_until{};  // when the last one, acknowledged or not, was over
};

struct LeaseTimes {
  std::map<uint64_t, Time> first_seen;  // position -> when any client first learnt of it
  Time healed{};                        // from when on nothing was broken any more
  std::chrono::milliseconds election_timeout{1000};
  std::chrono::milliseconds slack{0};  // for a slow machine
  double clock_error = 0;              // by how much a member's clock may run fast or slow, as a part of 1
};

// INV-E1: not before TTL after the last acknowledged renewal. INV-E2: within TTL + 2 election timeouts + 1 s.
void check_leases(const std::vector<LeaseLife>& leases, const LeaseTimes& times, const Replay& replay,
                  Violations& violations);

// The latest time at which every one of these keys must be gone.
Time all_expired_by(const std::vector<LeaseLife>& leases, const LeaseTimes& times);

}  // namespace viaduct::cluster_test
