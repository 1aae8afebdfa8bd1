#include <cstdio>

#include "bench/grpc_load.h"
#include "bench/grpc_messages.h"
#include "bench/measured.h"
#include "bench/scenarios.h"

namespace viaduct::bench {
namespace {

constexpr Figure kRate{"Put of a new key, 400 callers on 16 connections", "1/s"};
constexpr Figure kCpu{"server CPU of a Put of a new key", "µs"};
constexpr Figure kMemory{"resident memory with all keys, put over gRPC", "MB"};

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  constexpr size_t kConnections = 16, kCalls = 25;
  const auto make = [](size_t number) {
    char key[32];
    std::snprintf(key, sizeof key, "/sequential/%012zu", number);  // 24 bytes
    return put_message(key, random_value(64));
  };
  const Measured got = measure(server.pid(), [&] {
    return GrpcLoad(server.port(), kConnections, kCalls, kPutPath, generated(plan.scaled(1'000'000), make)).run_all();
  });
  samples.add(name, kRate.name, got.rate);
  samples.add(name, kCpu.name, got.cpu_us);
  settle(server.pid());
  samples.add(name, kMemory.name, static_cast<double>(resident_bytes(server.pid())) / 1e6);
}

}  // namespace

Scenario many_puts() { return {"A million keys over gRPC, in order", 1, {kRate, kCpu, kMemory}, run}; }

}  // namespace viaduct::bench
