// Searches for an order of the operations on one key that a single register could have shown: each takes effect at one
// instant between its call and its return, an unknown one at any time after its call or never. Trusts no position for
// reads, so it is independent of the order that the servers claim; positions of writes only narrow the search.
// After Wing and Gong's search with Lowe's memory of visited states.
#pragma once

#include <string>
#include <vector>

#include "test/cluster/history.h"
#include "test/cluster/violations.h"

namespace viaduct::cluster_test {

enum class Verdict {
  kLinearizable,
  kNotLinearizable,
  kUndecided,  // too many states: nothing was found either way
};

// All operations must name `key`; local reads are left out.
Verdict linearizable(const std::string& key, const std::vector<Operation>& operations);

// Every key of the history on its own. Returns how many keys stayed undecided.
size_t check_linearizability(const std::vector<Operation>& operations, Violations& violations);

}  // namespace viaduct::cluster_test
