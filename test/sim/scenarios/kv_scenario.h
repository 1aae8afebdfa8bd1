// A scenario of v3 clients: all their calls are kept, and judged by the model.
#pragma once

#include <initializer_list>

#include "test/sim/scenarios/kv_client.h"

namespace viaduct::sim {

class KvScenario : public Scenario {
 public:
  uint64_t calls() const override { return kv_calls_.all().size(); }

 protected:
  explicit KvScenario(Stage& stage) : stage_(stage) {}

  // `own`: prefixes of keys that nobody but these calls may have written.
  void judge_calls(const Evidence& evidence, std::initializer_list<const char*> own,
                   cluster_test::Violations& violations) const;

  Stage& stage_;
  KvCalls kv_calls_;
};

}  // namespace viaduct::sim
