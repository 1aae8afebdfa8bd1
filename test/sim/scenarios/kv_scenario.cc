#include "test/sim/scenarios/kv_scenario.h"

#include "test/sim/scenarios/kv_checker.h"

namespace viaduct::sim {

void KvScenario::judge_calls(const Evidence& evidence, std::initializer_list<const char*> own,
                             cluster_test::Violations& violations) const {
  const std::set<uint64_t> claimed = check_kv(kv_calls_.all(), evidence.past, violations);
  for (const char* prefix : own) check_claimed(prefix, claimed, evidence.past, violations);
}

}  // namespace viaduct::sim
