// Checks a history against the order that the servers themselves claim: the log, and the position in each answer. If
// all of it holds, the log is a linearization of the history (INV-L1, L6), no acknowledged write is lost, no unknown
// one took effect twice (INV-L2), compares decided rightly, and local reads showed states that existed and never went
// back on a connection (INV-L3).
#pragma once

#include <vector>

#include "test/cluster/history.h"
#include "test/cluster/replay.h"
#include "test/cluster/violations.h"

namespace viaduct::cluster_test {

void check_order(const std::vector<Operation>& operations, const Replay& replay, Violations& violations);

// No position is below one that was answered before its call began (INV-L1), nor below an earlier one on the same
// connection (INV-L3).
void check_real_time(const std::vector<Operation>& operations, Violations& violations);
void check_connections(std::vector<Operation> operations, Violations& violations);

// In-order keys are numbers that rise with their positions, and none comes twice (INV-L6).
void check_queue(const std::vector<Event>& log, Violations& violations);

// The operations with every unknown one settled by the log: done, with its position and open end, when the log has its
// value; left out when it has not. Deletes write no value: an unknown one is settled only where one delete in the log
// and one unknown delete of that key remain to be matched, and stays unknown elsewhere.
std::vector<Operation> settled(const std::vector<Operation>& operations, const Replay& replay);

}  // namespace viaduct::cluster_test
