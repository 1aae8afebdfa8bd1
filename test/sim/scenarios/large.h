// Transactions of as many operations as there may be, now and then a value of nearly the largest size, and what is just
// beyond either, which must be refused without effect.
#pragma once

#include "test/sim/scenarios/kv_client.h"

namespace viaduct::sim {

class Large final : public Scenario {
 public:
  explicit Large(Stage& stage) : stage_(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return kv_calls_.all().size(); }

 private:
  class Client;

  Stage& stage_;
  KvCalls kv_calls_;
};

}  // namespace viaduct::sim
