// Leases that own several keys, put one by one or at once, some of them moved to another lease or freed again. What a
// lease owns when it ends goes at one revision, in byte order, and not before its time (INV-E1, E5); who asks any
// member about a lease that is granted, or revoked, is told so at once (INV-E3, E4).
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "test/sim/scenarios/kv_scenario.h"

namespace viaduct::sim {

class LeaseChurn final : public KvScenario {
 public:
  explicit LeaseChurn(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;

  struct Life {
    int64_t id = 0;
    std::set<std::string> keys;         // that it owns for certain
    cluster_test::Time earliest_end{};  // unless revoked
    bool maybe_revoked = false;
  };

 private:
  class Client;

  std::mutex mutex_;
  std::vector<Life> lives_;
};

void check_life(const LeaseChurn::Life& life, const Evidence& evidence, cluster_test::Violations& violations);

}  // namespace viaduct::sim
