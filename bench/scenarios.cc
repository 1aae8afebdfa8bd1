#include "bench/scenarios.h"

#include <algorithm>

#include "bench/progress.h"

namespace viaduct::bench {

void measure_scenario(const Scenario& scenario, const Plan& plan, Samples& samples) {
  if (!plan.includes(scenario.title)) return;
  for (size_t round = 0; round < std::min(plan.rounds, scenario.rounds); ++round) {
    for (const Program& program : plan.programs) {
      progress("round " + std::to_string(round + 1) + "  " + scenario.title + "  " + program.name);
      Server server(program, plan.work_directory);
      scenario.run(plan, program.name, server, samples);
    }
  }
}

}  // namespace viaduct::bench
