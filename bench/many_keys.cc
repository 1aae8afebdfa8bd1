#include <cassert>
#include <cstdio>

#include "bench/load.h"
#include "bench/measured.h"
#include "bench/scenarios.h"

namespace viaduct::bench {
namespace {

constexpr Figure kPutRate{"creates by PUT, 256 clients", "1/s"};
constexpr Figure kPutCpu{"server CPU of a create by PUT", "µs"};
constexpr Figure kMemory{"resident memory with all keys", "MB"};
constexpr Figure kRestart{"restart, exec to the first quorum read", "ms"};
constexpr Figure kMemoryRestarted{"resident memory after the restart", "MB"};

// 24 bytes, in directories of a thousand.
std::string key_of(size_t number) {
  constexpr size_t kKeyBytes = 24;
  char key[kKeyBytes + 1];
  const int length = std::snprintf(key, sizeof key, "/many/%04u/%013u", static_cast<unsigned>(number / 1000),
                                   static_cast<unsigned>(number));
  assert(length == static_cast<int>(kKeyBytes));
  return {key, kKeyBytes};
}

double resident_mb(const Server& server) { return static_cast<double>(resident_bytes(server.pid())) / 1e6; }

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  constexpr size_t kClients = 256;
  const auto make = [](size_t number) { return put_request(key_of(number), value_form(64)); };
  const Measured got =
      measure(server.pid(), [&] { return send_all(server.port(), kClients, generated(plan.scaled(1'000'000), make)); });
  samples.add(name, kPutRate.name, got.rate);
  samples.add(name, kPutCpu.name, got.cpu_us);
  settle(server.pid());
  samples.add(name, kMemory.name, resident_mb(server));
  samples.add(name, kRestart.name, std::chrono::duration<double, std::milli>(server.restart()).count());
  settle(server.pid());
  samples.add(name, kMemoryRestarted.name, resident_mb(server));
}

}  // namespace

Scenario many_keys() {
  constexpr size_t kRounds = 1;  // the longest by far
  return {"A million keys", kRounds, {kPutRate, kPutCpu, kMemory, kRestart, kMemoryRestarted}, run};
}

}  // namespace viaduct::bench
