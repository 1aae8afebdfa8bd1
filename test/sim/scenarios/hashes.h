// Clients that ask one member after another for the hash at a revision of a moment ago, while they and others write,
// delete and compact. Whoever answers, and whenever: for one revision and one compaction point there is one hash
// (INV-L8), on which the search for a corrupt member rests (RB-20).
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "test/sim/scenarios/kv_scenario.h"

namespace viaduct::sim {

class Hashes final : public KvScenario {
 public:
  explicit Hashes(Stage& stage) : KvScenario(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return KvScenario::calls() + told_.size(); }

  struct Told {
    int64_t revision, compact_revision;
    uint32_t hash;
    int port;      // whose
    int64_t head;  // was that then
  };

 private:
  class Client;

  std::mutex mutex_;
  std::vector<Told> told_;
};

void check_hashes(const std::vector<Hashes::Told>& told, cluster_test::Violations& violations);

}  // namespace viaduct::sim
