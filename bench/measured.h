// Runs a load and adds what it cost the server.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <span>

#include "bench/process_usage.h"
#include "bench/runner.h"

namespace viaduct::bench {

struct Measured {
  double rate;  // operations per second
  double p50_ms;
  double p99_ms;
  double cpu_us;  // of the server, per operation
  double busy;    // share of the time that the generator, one thread, had a core: near 1 it is what bounds the rate
};

// Of the server, all members of it together. `run` returns a LoadResult.
template <typename Run>
Measured measure(std::span<const pid_t> pids, Run run) {
  using Seconds = std::chrono::duration<double>;
  using Milliseconds = std::chrono::duration<double, std::milli>;
  using Microseconds = std::chrono::duration<double, std::micro>;
  const auto own_before = own_cpu_time();
  const auto cpu_before = cpu_time(pids);
  const LoadResult result = run();
  const auto cpu = cpu_time(pids) - cpu_before;
  const auto own = own_cpu_time() - own_before;
  const auto operations = static_cast<double>(result.operations);
  return {.rate = operations / Seconds(result.elapsed).count(),
          .p50_ms = Milliseconds(result.latency.quantile(0.50)).count(),
          .p99_ms = Milliseconds(result.latency.quantile(0.99)).count(),
          .cpu_us = Microseconds(cpu).count() / operations,
          .busy = Seconds(own).count() / Seconds(result.elapsed).count()};
}

template <typename Run>
Measured measure(pid_t pid, Run run) {
  return measure(std::span<const pid_t>(&pid, 1), run);
}

}  // namespace viaduct::bench
