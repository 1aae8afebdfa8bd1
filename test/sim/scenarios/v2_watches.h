// Long polls and streams of v2, from the past, from now on and from the future, through members to which anything may
// happen meanwhile; and clients of both APIs that make, change, refresh and remove what these watch: files, directories
// with what is below, hidden names, all of it with and without a TTL. Every watch is told what v2 shows it, no more, in
// order, as the log of all changes has it, and hears of a last write when all is mended (bridge.md 4, 5, T8; INV-W5,
// W12, W13).
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "test/cluster/v2_client.h"
#include "test/sim/scenarios/scenario.h"
#include "test/sim/scenarios/v2_past.h"
#include "test/sim/scenarios/v2_sights.h"

namespace viaduct::sim {

// One watch, and everything that came.
struct V2Watched {
  std::string name;
  V2Watch what;
  uint64_t wait_index = 0;  // 0: from now on
  bool streams = false;
  std::optional<cluster_test::V2Answer> head;  // of every watch that is judged
  std::vector<cluster_test::V2Answer> told;
};

class V2Watches final : public Scenario {
 public:
  explicit V2Watches(Stage& stage) : stage_(stage) {}

  void play(size_t number, uint64_t seed) override;
  void judge(const Evidence& evidence, cluster_test::Violations& violations) override;
  uint64_t calls() const override { return watched_.size() + written_.size() + sights_.all().size(); }

 private:
  class Client;

  Stage& stage_;
  std::mutex mutex_;
  std::vector<V2Watched> watched_;
  std::vector<cluster_test::V2Answer> written_;
  V2Sights sights_;
};

// `compacted`: no revision above was ever asked to be compacted.
void check_v2_watch(const V2Watched& watched, const V2Past& v2_past, const Past& past, int64_t compacted,
                    cluster_test::Violations& violations);
// Of all writes that succeeded.
void check_v2_written(const std::vector<cluster_test::V2Answer>& answers, const V2Past& v2_past, const Past& past,
                      cluster_test::Violations& violations);

}  // namespace viaduct::sim
