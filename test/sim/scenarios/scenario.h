// One way of using a cluster: clients of its own, on keys of its own, with rules of its own (SIM-7). Which of them a
// run has, and with how many clients, is drawn from its seed (scenarios.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "test/cluster/compactions.h"
#include "test/cluster/history.h"
#include "test/cluster/violations.h"
#include "test/cluster/worker.h"
#include "test/sim/scenarios/past.h"

namespace viaduct::sim {

// What the scenarios of a run have in common.
struct Stage {
  explicit Stage(cluster_test::Compactions& all_compactions) : compactions(all_compactions) {}

  // As long as the members cannot have let a lease of that many seconds end.
  cluster_test::Time sure_until(cluster_test::Time renewed, uint64_t ttl) const {
    const auto least = std::chrono::nanoseconds(std::chrono::seconds(ttl)) * (1 - clock_error);
    return renewed + std::chrono::duration_cast<cluster_test::Time::duration>(least);
  }

  cluster_test::Workload workload;
  cluster_test::Compactions& compactions;  // of the other clients, too
  bool compacts = false;                   // who asks for the past may be told that it is gone
  std::chrono::milliseconds election_timeout{1000};
  std::chrono::milliseconds recovery{20'000};  // until all serve again, once nothing is broken any more
  double clock_error = 0;                      // of the members, as a part of 1
  bool serves_at_end = true;                   // false: a majority is damaged for good
  size_t largest_request = 0;                  // bytes; what the members' limit is, or their log has room for
  cluster_test::History answered;  // every answered call by the revision it names, to be judged in real time
};

// What there is to judge by when all is over.
struct Evidence {
  const Past& past;
  const Chronicle& chronicle;
};

class Scenario {
 public:
  virtual ~Scenario() = default;
  // The life of one client, until the workload is done.
  // Threads: one for each call.
  virtual void play(size_t number, uint64_t seed) = 0;
  virtual void judge(const Evidence& evidence, cluster_test::Violations& violations) = 0;
  virtual uint64_t calls() const = 0;
};

}  // namespace viaduct::sim
