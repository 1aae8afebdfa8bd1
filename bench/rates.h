// Steady loads of one kind of request by a number of clients: rate, latency and server CPU of each.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/plan.h"
#include "bench/runner.h"
#include "bench/samples.h"

namespace viaduct::bench {

struct RateLoad {
  std::string request;  // how the table calls it
  std::string clients;  // connections, and how many calls each has under way if more than one
  std::function<std::unique_ptr<Runner>(const Server& server, const Plan& plan)> start;
  bool at_follower = false;  // of a cluster; else at the leader

  std::string name() const { return request + " × " + clients; }
  std::string figure(const char* what) const { return name() + ": " + what; }
};

const std::vector<RateLoad>& v2_loads();
const std::vector<RateLoad>& v3_loads();
const std::vector<RateLoad>& cluster_v2_loads();
const std::vector<RateLoad>& cluster_v3_loads();

// Adds "rate", "p50", "p99" (ms), "cpu" (µs) and "busy" (of the generator) of each load and server.
void measure_rates(const Plan& plan, const std::vector<RateLoad>& loads, Samples& samples);
// The same of clusters, the CPU of whose members is added up.
void measure_cluster_rates(const Plan& plan, const std::vector<RateLoad>& loads, Samples& samples);

}  // namespace viaduct::bench
