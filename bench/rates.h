// Steady loads of one kind of request by a number of clients: rate, latency and server CPU of each.
#pragma once

#include <string>
#include <vector>

#include "bench/plan.h"
#include "bench/requests.h"
#include "bench/samples.h"

namespace viaduct::bench {

struct RateLoad {
  std::string request;  // how the table calls it
  size_t clients;
  RequestSource (*source)();

  std::string name() const { return request + " × " + std::to_string(clients); }
  std::string figure(const char* what) const { return name() + ": " + what; }
};

const std::vector<RateLoad>& rate_loads();

// Adds "rate", "p50", "p99" (ms), "cpu" (µs) and "busy" (of the generator) of each load and server.
void measure_rates(const Plan& plan, Samples& samples);

}  // namespace viaduct::bench
