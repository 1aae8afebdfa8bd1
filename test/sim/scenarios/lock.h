// A lock that clients of both APIs take by making one key: with a v3 lease and a compare of its create revision, or
// with a v2 TTL and prevExist=false. The key's create revision is the fence that each holder's writes name. No two are
// sure to hold it at once, fences rise, no write with an old one is accepted, and none of a sure holder refused
// (INV-E1, E3, E7, L5).
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "test/cluster/v2_client.h"
#include "test/sim/scenarios/kv_scenario.h"

namespace viaduct::sim {

class Lock final : public KvScenario {
 public:
  explicit Lock(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return KvScenario::calls() + holds_.size(); }

  struct Hold {
    std::string who;
    uint64_t fence = 0;          // a revision
    cluster_test::Time asked{};  // when it began to take the lock
    cluster_test::Time had{};    // when it knew that it had
    cluster_test::Time until{};  // as long as it is sure
  };

 private:
  class V2Half;
  class Client;

  std::mutex mutex_;
  std::vector<Hold> holds_;
};

void check_holds(std::vector<Lock::Hold> holds, cluster_test::Violations& violations);

}  // namespace viaduct::sim
