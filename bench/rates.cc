#include "bench/rates.h"

#include <algorithm>
#include <memory>

#include "bench/measured.h"
#include "bench/progress.h"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

constexpr size_t kKeys = 1000;  // that the writes of one load are spread over
constexpr size_t kDirectoryKeys = 100;
constexpr size_t kSmall = 64;  // bytes of a value
constexpr size_t kLarge = 4096;

std::string numbered(const std::string& directory, size_t number) { return directory + "/" + std::to_string(number); }

std::vector<std::string> puts(const std::string& directory, size_t count, size_t value_bytes, const char* more = "") {
  std::vector<std::string> requests;
  for (size_t i = 0; i < count; ++i)
    requests.push_back(put_request(numbered(directory, i), value_form(value_bytes) + more));
  return requests;
}

RequestSource get_one() { return random_of({get_request("/directory/0")}); }
RequestSource get_quorum() { return random_of({get_request("/directory/0?quorum=true")}); }
RequestSource get_directory() { return random_of({get_request("/directory")}); }
RequestSource put_small() { return random_of(puts("/small", kKeys, kSmall)); }
RequestSource put_ttl() { return random_of(puts("/ttl", kKeys, kSmall, "&ttl=3600")); }
RequestSource put_large() { return random_of(puts("/large", kKeys, kLarge)); }

// Every key exists before it is measured: no load begins with creations.
void seed(const Server& server) {
  constexpr size_t kClients = 64;
  send_all(server.port(), kClients, each_of(puts("/directory", kDirectoryKeys, kSmall)));
  for (const char* directory : {"/small", "/ttl", "/large"}) {
    send_all(server.port(), kClients, each_of(puts(directory, kKeys, kSmall)));
  }
}

Measured run(const RateLoad& load, const Server& server, const Plan& plan) {
  const auto warm_up = std::min(500ms, std::chrono::milliseconds(plan.seconds) / 2);
  settle(server.pid());
  Load clients(server.port(), load.clients, load.source());
  clients.run_for(warm_up);
  return measure(server.pid(), [&] { return clients.run_for(plan.seconds); });
}

}  // namespace

const std::vector<RateLoad>& rate_loads() {
  static const std::vector<RateLoad> kLoads{
      {"GET", 1, get_one},
      {"GET", 64, get_one},
      {"GET", 256, get_one},
      {"GET quorum", 64, get_quorum},
      {"GET directory of 100", 64, get_directory},
      {"PUT 64 B", 1, put_small},
      {"PUT 64 B", 64, put_small},
      {"PUT 64 B", 256, put_small},
      {"PUT 64 B", 1000, put_small},
      {"PUT 64 B, ttl", 64, put_ttl},
      {"PUT 4 KiB", 64, put_large},
  };
  return kLoads;
}

void measure_rates(const Plan& plan, Samples& samples) {
  std::vector<RateLoad> loads;
  std::copy_if(rate_loads().begin(), rate_loads().end(), std::back_inserter(loads),
               [&](const RateLoad& load) { return plan.includes(load.name()); });
  if (loads.empty()) return;
  for (size_t round = 0; round < plan.rounds; ++round) {
    std::vector<std::unique_ptr<Server>> servers;  // both up, one idle while the other is measured
    for (const Program& program : plan.programs) {
      servers.push_back(std::make_unique<Server>(program, plan.work_directory));
      seed(*servers.back());
    }
    for (const RateLoad& load : loads) {
      for (size_t i = 0; i < servers.size(); ++i) {
        const std::string& name = plan.programs[i].name;
        const Measured got = run(load, *servers[i], plan);
        samples.add(name, load.figure("rate"), got.rate);
        samples.add(name, load.figure("p50"), got.p50_ms);
        samples.add(name, load.figure("p99"), got.p99_ms);
        samples.add(name, load.figure("cpu"), got.cpu_us);
        samples.add(name, load.figure("busy"), got.busy);
        progress("round " + std::to_string(round + 1) + "  " + load.name() + "  " + name + "  " +
                 std::to_string(static_cast<long>(got.rate)) + "/s  " + std::to_string(got.cpu_us) + " us");
      }
    }
  }
}

}  // namespace viaduct::bench
