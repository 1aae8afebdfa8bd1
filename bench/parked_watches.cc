#include "bench/process_usage.h"
#include "bench/scenarios.h"
#include "bench/watches.h"

namespace viaduct::bench {
namespace {

constexpr Figure kFewBytes{"memory of a watch, 1,000 parked", "bytes"};
constexpr Figure kManyBytes{"memory of a watch, 10,000 parked", "bytes"};
constexpr Figure kThreads{"threads with 10,000 parked", "threads"};
constexpr Figure kFanOut{"one write until all 10,000 are answered", "ms"};

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  constexpr size_t kWarmUp = 10;
  constexpr size_t kFanOuts = 3;
  ParkedWatches watches(server.port(), "/watched");
  watches.grow_to(kWarmUp);  // first, so that code and pools that any watch needs are not counted as a watch's
  watches.fan_out();
  watches.park_again();
  settle(server.pid());
  const auto before = static_cast<double>(resident_bytes(server.pid()));
  const auto grow = [&](size_t count, const Figure& figure) {
    watches.grow_to(kWarmUp + count);
    settle(server.pid());
    const auto now = static_cast<double>(resident_bytes(server.pid()));
    samples.add(name, figure.name, (now - before) / static_cast<double>(count));
  };
  grow(plan.scaled(1'000), kFewBytes);
  grow(plan.scaled(10'000), kManyBytes);
  samples.add(name, kThreads.name, static_cast<double>(thread_count(server.pid())));
  for (size_t i = 0; i < kFanOuts; ++i) {
    if (i > 0) watches.park_again();
    settle(server.pid());
    samples.add(name, kFanOut.name, std::chrono::duration<double, std::milli>(watches.fan_out()).count());
  }
}

}  // namespace

Scenario parked_watches() {
  constexpr size_t kRounds = 3;
  return {"Parked watches", kRounds, {kFewBytes, kManyBytes, kThreads, kFanOut}, run};
}

}  // namespace viaduct::bench
