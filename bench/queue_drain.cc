#include <algorithm>
#include <limits>

#include "bench/connection.h"
#include "bench/failure.h"
#include "bench/load.h"
#include "bench/measured.h"
#include "bench/scenarios.h"

namespace viaduct::bench {
namespace {

constexpr Figure kFillRate{"creates by POST, 64 clients", "1/s"};
constexpr Figure kFillCpu{"server CPU of a create by POST", "µs"};
constexpr Figure kListing{"GET of all 100,000 names", "ms"};
constexpr Figure kDrainRate{"deletes, lowest first, 16 clients", "1/s"};
constexpr Figure kFirstCpu{"server CPU of a delete, first 10 %", "µs"};
constexpr Figure kLastCpu{"server CPU of a delete, last 10 %", "µs"};
constexpr Figure kFirstLatency{"median time of a delete, first 10 %", "ms"};
constexpr Figure kLastLatency{"median time of a delete, last 10 %", "ms"};

// The keys of a listing in ascending order, as requests to delete them.
std::vector<std::string> deletes_of(const std::string& listing) {
  constexpr std::string_view kKey = "\"key\":\"";
  constexpr std::string_view kBelow = "/queue/";
  std::vector<std::string> requests;
  for (size_t at = listing.find(kKey); at != std::string::npos; at = listing.find(kKey, at)) {
    at += kKey.size();
    const std::string_view key = std::string_view(listing).substr(at, listing.find('"', at) - at);
    if (key.starts_with(kBelow)) requests.push_back(delete_request(key));
  }
  std::sort(requests.begin(), requests.end());  // in-order keys have leading zeros
  return requests;
}

void fill(size_t length, const std::string& name, const Server& server, Samples& samples) {
  constexpr size_t kClients = 64;
  const std::string request = post_request("/queue", value_form(64));
  const Measured got =
      measure(server.pid(), [&] { return send_all(server.port(), kClients, repeated(request, length)); });
  samples.add(name, kFillRate.name, got.rate);
  samples.add(name, kFillCpu.name, got.cpu_us);
}

std::string list(const std::string& name, const Server& server, Samples& samples) {
  std::string listing;
  Connection connection(server.port());
  connection.send(get_request("/queue"), &listing);
  connection.wait_for_answer();
  connection.require_success();
  const auto took = Clock::now() - connection.sent_at();
  samples.add(name, kListing.name, std::chrono::duration<double, std::milli>(took).count());
  return listing;
}

void drain(std::vector<std::string> deletes, const std::string& name, const Server& server, Samples& samples) {
  constexpr size_t kClients = 16;
  const uint64_t tenth = deletes.size() / 10;
  const auto begin = Clock::now();
  const auto count = static_cast<double>(deletes.size());
  Load load(server.port(), kClients, each_of(std::move(deletes)));
  const Measured first = measure(server.pid(), [&] { return load.run_operations(tenth); });
  load.run_operations(8 * tenth);
  const Measured last =
      measure(server.pid(), [&] { return load.run_operations(std::numeric_limits<uint64_t>::max()); });
  samples.add(name, kDrainRate.name, count / std::chrono::duration<double>(Clock::now() - begin).count());
  samples.add(name, kFirstCpu.name, first.cpu_us);
  samples.add(name, kLastCpu.name, last.cpu_us);
  samples.add(name, kFirstLatency.name, first.p50_ms);
  samples.add(name, kLastLatency.name, last.p50_ms);
}

void run(const Plan& plan, const std::string& name, Server& server, Samples& samples) {
  const size_t length = plan.scaled(100'000);
  fill(length, name, server, samples);
  settle(server.pid());
  std::vector<std::string> deletes = deletes_of(list(name, server, samples));
  if (deletes.size() != length) throw Failure("the queue lists " + std::to_string(deletes.size()) + " keys");
  settle(server.pid());
  drain(std::move(deletes), name, server, samples);
}

}  // namespace

Scenario queue_drain() {
  constexpr size_t kRounds = 3;
  return {"Queue of 100,000 in-order keys",
          kRounds,
          {kFillRate, kFillCpu, kListing, kDrainRate, kFirstCpu, kLastCpu, kFirstLatency, kLastLatency},
          run};
}

}  // namespace viaduct::bench
