// Accounts between which sums move by transactions, plain and nested, that compare what they have read. Whoever sees
// all accounts, through either API, on whatever member, now or at an earlier revision, sees the same total.
#pragma once

#include <mutex>
#include <vector>

#include "test/sim/scenarios/kv_scenario.h"
#include "test/sim/scenarios/v2_sights.h"

namespace viaduct::sim {

class Bank final : public KvScenario {
 public:
  explicit Bank(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return KvScenario::calls() + v2_sights_.all().size(); }

 private:
  class Client;

  V2Sights v2_sights_;
};

// Independent of what the log says.
void check_totals(const std::vector<KvCall>& calls, const std::vector<V2Sight>& sights,
                  cluster_test::Violations& violations);
void check_balances(const Past& past, cluster_test::Violations& violations);  // at the end

}  // namespace viaduct::sim
