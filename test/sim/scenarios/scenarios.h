// The scenarios of a run: begun together with the other clients, ended and judged with them.
//   start(), then end(), then judge().
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "test/cluster/load.h"
#include "test/sim/chronicle.h"
#include "test/sim/dice.h"
#include "test/sim/scenarios/scenario.h"

namespace viaduct::sim {

constexpr size_t kScenarios = 10;
struct ScenarioPlan {
  std::array<size_t, kScenarios> clients{};  // how many each has; names in scenarios.cc
  size_t largest_request = 0;                // bytes; the limit, or what the log has room for
};
ScenarioPlan draw_scenarios(Dice& dice);
std::map<std::string, size_t> named(const ScenarioPlan& plan);  // how many clients, of those that have any

class Scenarios {
 public:
  Scenarios(const ScenarioPlan& plan, const cluster_test::LoadSetting& setting, std::function<std::vector<int>()> ports,
            cluster_test::Compactions& compactions, Dice dice);
  ~Scenarios();  // ends, if that was not done

  void start();
  void end(bool serves);  // whether the members do, now that all is mended
  void judge(const Chronicle& chronicle, const std::vector<cluster_test::JudgedMember>& members,
             cluster_test::Violations& violations);
  std::map<std::string, uint64_t> calls() const;  // by scenario

 private:
  const ScenarioPlan plan_;
  Stage stage_;
  Dice dice_;
  std::vector<std::unique_ptr<Scenario>> scenarios_;
  std::vector<std::thread> threads_;
};

}  // namespace viaduct::sim
