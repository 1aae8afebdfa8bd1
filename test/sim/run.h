// One run: everything that follows from one seed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace viaduct::sim {

struct Report {
  uint64_t seed = 0;
  uint64_t hash = 0;
  double simulated_seconds = 0;
  std::map<std::string, uint64_t> counts;  // faults by kind, calls, and what else there is to add up
  std::map<std::string, uint64_t> marks;   // base/mark.h: all there are, and how often each was reached
  std::vector<std::string> violations;     // empty: all is well
  std::string plan;
};

Report simulate(uint64_t seed, bool trace);

}  // namespace viaduct::sim
