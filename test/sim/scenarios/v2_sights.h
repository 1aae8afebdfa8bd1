// A v2 client that looks at whole directories, and the check of what it saw: the files that v2 shows at the index of
// the answer, whichever API wrote them (bridge.md, INV-L6, L7).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "test/cluster/v2_client.h"
#include "test/cluster/violations.h"
#include "test/cluster/worker.h"
#include "test/sim/scenarios/past.h"
#include "test/sim/scenarios/scenario.h"

namespace viaduct::sim {

struct V2File {
  std::string value;
  uint64_t created = 0, modified = 0;

  bool operator==(const V2File&) const = default;
};

struct V2Sight {
  cluster_test::Operation operation;  // its position is the revision that goes with the index
  std::string directory;
  uint64_t index = 0;
  std::map<std::string, V2File> files;  // by key
  bool is_sorted = true;                // as it was asked for
};

// Threads: any.
class V2Sights {
 public:
  void add(V2Sight sight) {
    const std::lock_guard lock(mutex_);
    sights_.push_back(std::move(sight));
  }
  const std::vector<V2Sight>& all() const { return sights_; }  // once the clients have ended

 private:
  std::mutex mutex_;
  std::vector<V2Sight> sights_;
};

class V2Onlooker : cluster_test::Worker<cluster_test::V2Client> {
 public:
  V2Onlooker(Stage& stage, V2Sights& sights, size_t number, uint64_t seed)
      : Worker(stage.workload, number, seed), stage_(stage), sights_(sights) {}

  // Nothing: no answer. A directory that is not there has no files.
  std::optional<V2Sight> look(const std::string& directory, bool linearizable);

 private:
  Stage& stage_;
  V2Sights& sights_;
};

// One look at one member, kept nowhere.
std::optional<V2Sight> look_at(cluster_test::V2Client& client, const std::string& directory, bool linearizable);

void check_v2_sight(const V2Sight& sight, const Past& past, cluster_test::Violations& violations);

}  // namespace viaduct::sim
