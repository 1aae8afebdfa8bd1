// Clients that want one name each time, by the calls of Lock or of Election, with leases that may end while they wait.
// Whoever is told that it has the name has it: its key is there, and every older key of the name was gone in its time.
// No two are sure to have it at once, fences rise, and what is said of a leader is so at the revision named (INV-E1,
// INV-E7).
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "test/sim/scenarios/kv_scenario.h"
#include "test/sim/scenarios/lock.h"

namespace viaduct::sim {

class Owners final : public KvScenario {
 public:
  explicit Owners(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return KvScenario::calls() + claims_.size() + sights_.size(); }

  struct Claim {  // that was granted
    std::string name, key;
    uint64_t revision = 0;  // of the answer
    uint64_t created = 0;   // of the key, where the answer tells; else 0
    int64_t lease = 0;
    uint64_t seen = 0;  // what a linearizable read after the answer was of; 0: none succeeded
    Lock::Hold hold;    // but for the fence
  };
  struct Sight {  // that a key of the name leads, by an answer of that revision
    std::string name;
    mvccpb::KeyValue kv;
    uint64_t revision = 0;
  };

 private:
  class Client;

  std::mutex mutex_;
  std::vector<Claim> claims_;
  std::vector<Sight> sights_;
};

void check_claims(const Past& past, std::vector<Owners::Claim> claims, cluster_test::Violations& violations);
void check_sights(const Past& past, const std::vector<Owners::Sight>& sights, cluster_test::Violations& violations);

}  // namespace viaduct::sim
