// Readers that list many keys page by page at one revision while others write and compact. All pages together are what
// there was at that revision, with the right count, or the reader is told that it is gone (INV-L4).
#pragma once

#include "test/sim/scenarios/kv_scenario.h"

namespace viaduct::sim {

class PagedLists final : public KvScenario {
 public:
  explicit PagedLists(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;

 private:
  class Client;
};

}  // namespace viaduct::sim
