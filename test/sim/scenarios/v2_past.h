// What v2 has ever shown to those who watch, in order: all changes that the members applied, replayed by rules of its
// own (bridge.md N1, N4, T4, T5, T8; v2-api.md 2.5, left column).
// Threads: any, once made.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "test/cluster/v2_client.h"
#include "test/cluster/violations.h"
#include "test/sim/chronicle.h"

namespace viaduct::sim {

struct V2Event {
  uint64_t index = 0;
  std::string action;
  cluster_test::V2Node node;
  std::optional<cluster_test::V2Node> previous;
  bool is_refresh = false;
  std::set<std::string> took_along;  // what lay below a directory that was removed
};

struct V2Watch {
  std::string path;  // empty: the root
  bool recursive = false;
};

class V2Past {
 public:
  // Adds what the log itself has wrong: two leases that end in one revision (INV-A8).
  V2Past(const Chronicle& chronicle, cluster_test::Violations& violations);

  const V2Event* at(uint64_t index) const;  // null: v2 shows no event of that index
  // The first from `index` on that this watch is shown; null: none so far.
  const V2Event* next(const V2Watch& watch, uint64_t index) const;

 private:
  // What is there at some moment, a file or a directory.
  struct Live {
    cluster_test::V2Node node;
    LeaseId lease;
    bool is_lease_own = false;  // made by v2 with the node: nothing but a write can change when it ends
  };
  using Names = std::map<std::string, Live>;

  void take(const store::Record& record);
  void add_event(const store::Record& record);
  const Live* replaced_by(const store::Record& record) const;
  cluster_test::V2Node node_of(const store::Record& record) const;
  std::set<std::string> names_below(const std::string& directory) const;
  void check_end_of_lease(const store::Record& record);

  cluster_test::Violations& violations_;
  Names files_, directories_;
  std::vector<V2Event> events_;
  LeaseId last_ended_;
  Revision last_ended_at_;
};

// As a client is shown it.
std::string describe(const std::string& action, const cluster_test::V2Node& node,
                     const std::optional<cluster_test::V2Node>& previous);

}  // namespace viaduct::sim
