// Scenarios on a fresh server each, one server after the other: what many watches, leases and keys cost, and
// a long queue, and compaction.
#pragma once

#include <string>
#include <vector>

#include "bench/plan.h"
#include "bench/samples.h"

namespace viaduct::bench {

struct Figure {
  const char* name;  // unique among all scenarios
  const char* unit;
};

struct Scenario {
  const char* title;
  size_t rounds;                // at most, of the plan's
  std::vector<Figure> figures;  // rows of its table, as run() adds them
  void (*run)(const Plan& plan, const std::string& server_name, Server& server, Samples& samples);
};

Scenario parked_watches();
Scenario queue_drain();
Scenario many_keys();
Scenario many_puts();
Scenario watch_fan_out();
Scenario watch_own_keys();
Scenario keep_alives();
Scenario compaction();

void measure_scenario(const Scenario& scenario, const Plan& plan, Samples& samples);

}  // namespace viaduct::bench
