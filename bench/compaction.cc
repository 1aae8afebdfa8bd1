#include "bench/grpc_load.h"
#include "bench/grpc_messages.h"
#include "bench/measured.h"
#include "bench/scenarios.h"

namespace viaduct::bench {
namespace {

constexpr Figure kQuiet{"p99 of a Put, nothing to compact", "ms"};
constexpr Figure kBusy{"p99 of a Put, while compaction runs", "ms"};
constexpr Figure kRate{"rate of Puts while compaction runs", "1/s"};

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  constexpr size_t kKeys = 1000;
  const size_t history = plan.scaled(500'000);
  const auto put = [](size_t number) {
    return put_message("/compacted/" + std::to_string(number % kKeys), random_value(64));
  };
  GrpcLoad(server.port(), 16, 25, kPutPath, generated(history, put)).run_all();
  settle(server.pid());
  GrpcLoad load(server.port(), 16, 1, kPutPath, generated(SIZE_MAX, put));
  samples.add(name, kQuiet.name, measure(server.pid(), [&] { return load.run_for(plan.seconds); }).p99_ms);
  call_once(server.port(), kCompactPath, compact_message(static_cast<int64_t>(history)));
  const Measured got = measure(server.pid(), [&] { return load.run_for(plan.seconds); });
  samples.add(name, kBusy.name, got.p99_ms);
  samples.add(name, kRate.name, got.rate);
}

}  // namespace

Scenario compaction() { return {"Compaction of 500,000 revisions under 16 writers", 3, {kQuiet, kBusy, kRate}, run}; }

}  // namespace viaduct::bench
