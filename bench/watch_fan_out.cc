#include "bench/connection.h"
#include "bench/failure.h"
#include "bench/grpc_messages.h"
#include "bench/measured.h"
#include "bench/scenarios.h"
#include "bench/watch_streams.h"

namespace viaduct::bench {
namespace {

constexpr Figure kFanOut{"one Put until all 10,000 watchers have it, 100 connections", "ms"};
constexpr Figure kCpu{"server CPU of an event", "µs"};
constexpr Figure kMemory{"memory of a watcher, 10,000 on 100 connections", "bytes"};

constexpr int kPatienceMs = 60'000;

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  constexpr size_t kConnections = 100, kWrites = 10;
  const size_t count = plan.scaled(10'000);
  const auto before = static_cast<double>(resident_bytes(server.pid()));
  WatchStreams watchers(server.port(), kConnections, count, [](size_t) { return "/watched"; });
  settle(server.pid());
  const auto memory = static_cast<double>(resident_bytes(server.pid())) - before;
  samples.add(name, kMemory.name, memory / static_cast<double>(count));
  size_t events = 0;
  watchers.listen([&](std::string_view) { ++events; });
  const auto cpu_before = cpu_time(server.pid());
  for (size_t i = 1; i <= kWrites; ++i) {
    const auto begin = Clock::now();
    call_once(server.port(), kPutPath, put_message("/watched", random_value(64)));
    while (events < i * count) watchers.receive(kPatienceMs);
    samples.add(name, kFanOut.name, std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    settle(server.pid());
  }
  const auto cpu = std::chrono::duration<double, std::micro>(cpu_time(server.pid()) - cpu_before).count();
  samples.add(name, kCpu.name, cpu / static_cast<double>(kWrites * count));
}

}  // namespace

Scenario watch_fan_out() { return {"Watch fan-out over gRPC", 3, {kFanOut, kCpu, kMemory}, run}; }

}  // namespace viaduct::bench
