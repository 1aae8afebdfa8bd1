// What each member shows of all keys at the end, through each of both APIs, on that member alone: the same keys, as the
// log has them (bridge.md 2 to 5).
#pragma once

#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/load.h"
#include "test/sim/scenarios/past.h"
#include "test/sim/scenarios/v2_sights.h"

namespace viaduct::sim {

struct BothViews {
  std::string member;
  etcdserverpb::RangeResponse v3;
  V2Sight v2;
};

std::vector<BothViews> both_views_of(const std::vector<cluster_test::JudgedMember>& members,
                                     cluster_test::Violations& violations);
void check_both_views(const BothViews& views, const Past& past, cluster_test::Violations& violations);

}  // namespace viaduct::sim
