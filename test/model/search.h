// Every world that can come of a first one, nearest first, until an invariant is broken or a bound is met. Worlds are
// remembered by a hash of 64 bits: among ten million, the odds that two are taken for one are below one in 100,000.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world.h"

namespace viaduct::model {

struct Found {
  uint64_t worlds = 0;
  uint32_t depth = 0;        // events from the first world to the furthest
  bool is_complete = false;  // nothing was left out for the bound
  double seconds = 0;
  std::string broken;             // the invariant; empty if all hold
  std::vector<std::string> path;  // the events that broke it
};

Found search(const Scope& scope, const Rules& rules, uint64_t max_worlds);

}  // namespace viaduct::model
