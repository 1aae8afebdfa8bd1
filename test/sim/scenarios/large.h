// Transactions of as many operations as there may be, now and then a value of nearly the largest size, and what is just
// beyond either, which must be refused without effect.
#pragma once

#include "test/sim/scenarios/kv_scenario.h"

namespace viaduct::sim {

class Large final : public KvScenario {
 public:
  explicit Large(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;

 private:
  class Client;
};

}  // namespace viaduct::sim
