// Checks what a watcher was sent against the log: everything from its start, in order, once, the events of one position
// together (INV-W1 to W5, W12).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/cluster/history.h"
#include "test/cluster/replay.h"
#include "test/cluster/violations.h"

namespace viaduct::cluster_test {

struct Watched {
  std::string name;                           // for messages
  std::string prefix;                         // of the keys that it watches
  uint64_t first = 1;                         // position
  std::vector<std::vector<Event>> responses;  // events that came together
};

// `last`: the position up to which everything must have come.
void check_watch(const Watched& watched, uint64_t last, const Replay& replay, Violations& violations);

}  // namespace viaduct::cluster_test
