#include "test/sim/scenarios/both_views.h"

#include <chrono>
#include <map>
#include <thread>

#include "test/cluster/v3_client.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using cluster_test::Violations;

constexpr auto kPatience = 5s;
constexpr int kTries = 5;

bool look(int port, BothViews& views) {
  etcdserverpb::RangeRequest all;
  all.set_key(std::string(1, '\0'));
  all.set_range_end(std::string(1, '\0'));
  all.set_serializable(true);
  views.v3.Clear();
  cluster_test::V3Client v3(port);
  cluster_test::V2Client v2(port);
  if (!v3.call("KV/Range", all, views.v3, kPatience).ok()) return false;
  const std::optional<V2Sight> sight = look_at(v2, "/", false);
  if (sight) views.v2 = *sight;
  return sight.has_value();
}

}  // namespace

std::vector<BothViews> both_views_of(const std::vector<cluster_test::JudgedMember>& members, Violations& violations) {
  std::vector<BothViews> all;
  for (const cluster_test::JudgedMember& member : members) {
    BothViews views{member.name, {}, {}};
    bool seen = look(member.port, views);
    for (int tries = 1; !seen && tries < kTries; ++tries) {
      std::this_thread::sleep_for(100ms);
      seen = look(member.port, views);
    }
    if (!seen)
      violations.add("INV-R14", member.name + " does not show what it has");
    else
      all.push_back(std::move(views));
  }
  return all;
}

void check_both_views(const BothViews& views, const Past& past, Violations& violations) {
  check_v2_sight(views.v2, past, violations);
  std::map<std::string, std::string> shown, wanted;
  for (const mvccpb::KeyValue& one : views.v3.kvs()) shown[one.key()] = one.SerializeAsString();
  const std::string zero(1, '\0');
  for (const auto& [key, state] : past.range(zero, zero, static_cast<uint64_t>(views.v3.header().revision()))) {
    wanted[key] = state->kv.SerializeAsString();
  }
  if (shown == wanted) return;
  violations.add("INV-A2", views.member + " has other keys than the log at " +
                               std::to_string(views.v3.header().revision()) + ": " + std::to_string(shown.size()) +
                               " instead of " + std::to_string(wanted.size()));
}

}  // namespace viaduct::sim
