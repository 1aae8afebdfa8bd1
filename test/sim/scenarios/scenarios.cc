#include "test/sim/scenarios/scenarios.h"

#include <utility>

#include "test/cluster/order_checker.h"
#include "test/sim/scenarios/append_lists.h"
#include "test/sim/scenarios/bank.h"
#include "test/sim/scenarios/both_views.h"
#include "test/sim/scenarios/hashes.h"
#include "test/sim/scenarios/large.h"
#include "test/sim/scenarios/lease_churn.h"
#include "test/sim/scenarios/lock.h"
#include "test/sim/scenarios/owners.h"
#include "test/sim/scenarios/paged_lists.h"
#include "test/sim/scenarios/v2_watches.h"
#include "test/sim/scenarios/watching.h"

namespace viaduct::sim {
namespace {

constexpr size_t kFirstNumber = 100;  // clients before that are others'

struct Kind {
  const char* name;
  std::unique_ptr<Scenario> (*make)(Stage& stage);
};

template <typename Made>
std::unique_ptr<Scenario> make(Stage& stage) {
  return std::make_unique<Made>(stage);
}

constexpr std::array<Kind, kScenarios> kKinds = {{
    {"append lists", make<AppendLists>},
    {"bank", make<Bank>},
    {"hashes", make<Hashes>},
    {"large", make<Large>},
    {"lease churn", make<LeaseChurn>},
    {"lock", make<Lock>},
    {"owners", make<Owners>},
    {"paged lists", make<PagedLists>},
    {"v2 watches", make<V2Watches>},
    {"watching", make<Watching>},
}};

}  // namespace

// Few kinds with several clients each, so that these get in each other's way.
ScenarioPlan draw_scenarios(Dice& dice) {
  ScenarioPlan plan;
  for (uint64_t kinds = dice.below(4); kinds > 0; --kinds) plan.clients[dice.below(kScenarios)] += 1 + dice.below(2);
  return plan;
}

std::map<std::string, size_t> named(const ScenarioPlan& plan) {
  std::map<std::string, size_t> clients;
  for (size_t kind = 0; kind < kScenarios; ++kind) {
    if (plan.clients[kind] > 0) clients[kKinds[kind].name] = plan.clients[kind];
  }
  return clients;
}

Scenarios::Scenarios(const ScenarioPlan& plan, const cluster_test::LoadSetting& setting,
                     std::function<std::vector<int>()> ports, cluster_test::Compactions& compactions, Dice dice)
    : plan_(plan), stage_(compactions), dice_(dice) {
  stage_.workload.ports = std::move(ports);
  stage_.compacts = setting.compacts;
  stage_.election_timeout = setting.election_timeout;
  stage_.recovery = setting.recovery;
  stage_.clock_error = setting.clock_error;
  stage_.largest_request = plan.largest_request;
}

Scenarios::~Scenarios() { end(false); }

void Scenarios::start() {
  size_t number = kFirstNumber;
  for (size_t kind = 0; kind < kScenarios; ++kind) {
    Scenario& scenario = *scenarios_.emplace_back(kKinds[kind].make(stage_));
    for (size_t i = 0; i < plan_.clients[kind]; ++i) {
      threads_.emplace_back([&scenario, one = ++number, seed = dice_.next()] { scenario.play(one, seed); });
    }
  }
}

void Scenarios::end(bool serves) {
  stage_.serves_at_end = serves;
  stage_.workload.done = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Scenarios::judge(const Chronicle& chronicle, const std::vector<cluster_test::JudgedMember>& members,
                      cluster_test::Violations& violations) {
  const std::vector<BothViews> views = both_views_of(members, violations);
  const Past past(chronicle);
  for (const BothViews& one : views) check_both_views(one, past, violations);
  for (const auto& scenario : scenarios_) scenario->judge({past, chronicle}, violations);
  for (const std::string& complaint : stage_.workload.complaints) violations.add("answer", complaint);
  const std::vector<cluster_test::Operation> answered = stage_.answered.operations();
  cluster_test::check_real_time(answered, violations);
  cluster_test::check_connections(answered, violations);
}

std::map<std::string, uint64_t> Scenarios::calls() const {
  std::map<std::string, uint64_t> calls;
  for (size_t kind = 0; kind < scenarios_.size(); ++kind) {
    calls["scenario " + std::string(kKinds[kind].name)] = scenarios_[kind]->calls();
  }
  return calls;
}

}  // namespace viaduct::sim
