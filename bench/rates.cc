#include "bench/rates.h"

#include <algorithm>
#include <memory>

#include "bench/cluster.h"
#include "bench/format.h"
#include "bench/grpc_load.h"
#include "bench/grpc_messages.h"
#include "bench/h2load.h"
#include "bench/load.h"
#include "bench/measured.h"
#include "bench/progress.h"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

constexpr size_t kKeys = 1000;  // that the writes of one load are spread over
constexpr size_t kDirectoryKeys = 100;
constexpr size_t kManyKeys = 10'000;
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
void seed(const Plan& plan, const Server& server) {
  constexpr size_t kClients = 64;
  send_all(server.port(), kClients, each_of(puts("/directory", kDirectoryKeys, kSmall)));
  for (const char* directory : {"/small", "/ttl", "/large"}) {
    send_all(server.port(), kClients, each_of(puts(directory, kKeys, kSmall)));
  }
  const auto put_all = [&](const char* directory, size_t count) {
    const auto put = [=](size_t number) { return put_message(numbered(directory, number), random_value(kSmall)); };
    GrpcLoad(server.port(), 4, 64, kPutPath, generated(count, put)).run_all();
  };
  put_all("/small", kKeys);  // etcd's v3 keys are not its v2 keys
  put_all("/v3", plan.scaled(kManyKeys));
}

Measured run(const RateLoad& load, const Server& server, std::span<const pid_t> pids, const Plan& plan) {
  const auto warm_up = std::min(500ms, std::chrono::milliseconds(plan.seconds) / 2);
  settle(pids);
  const std::unique_ptr<Runner> runner = load.start(server, plan);
  runner->run_for(warm_up);
  return measure(pids, [&] { return runner->run_for(plan.seconds); });
}

void add(const RateLoad& load, const std::string& name, const Measured& got, size_t round, Samples& samples) {
  samples.add(name, load.figure("rate"), got.rate);
  samples.add(name, load.figure("p50"), got.p50_ms);
  samples.add(name, load.figure("p99"), got.p99_ms);
  samples.add(name, load.figure("cpu"), got.cpu_us);
  samples.add(name, load.figure("busy"), got.busy);
  progress("round " + std::to_string(round + 1) + "  " + load.name() + "  " + name + "  " +
           std::to_string(static_cast<long>(got.rate)) + "/s  " + std::to_string(got.cpu_us) + " us");
}

std::vector<RateLoad> included(const Plan& plan, const std::vector<RateLoad>& all) {
  std::vector<RateLoad> loads;
  std::copy_if(all.begin(), all.end(), std::back_inserter(loads),
               [&](const RateLoad& load) { return plan.includes(load.name()); });
  return loads;
}

RateLoad at_follower(RateLoad load) {
  load.at_follower = true;
  load.request += ", at a follower";
  return load;
}

RateLoad v2_load(const char* request, size_t clients, RequestSource (*source)()) {
  return {request, whole(static_cast<double>(clients)),
          [=](const Server& server, const Plan&) { return std::make_unique<Load>(server.port(), clients, source()); }};
}

std::string lanes(size_t connections, size_t calls) {
  return std::to_string(connections) + " × " + std::to_string(calls);
}

// The same call over and over, by h2load.
RateLoad h2_load(const char* request, size_t connections, size_t calls, std::string_view path, std::string message) {
  return {request, lanes(connections, calls), [=](const Server& server, const Plan& plan) {
            call_once(server.port(), path, message);
            return std::make_unique<H2Load>(server.port(), connections, calls, path, message, plan.work_directory);
          }};
}

// Calls on keys picked at random.
RateLoad grpc_load(const char* request, size_t connections, size_t calls, std::string_view path,
                   std::string (*message)(const std::string& key, const std::string& value)) {
  return {request, lanes(connections, calls), [=](const Server& server, const Plan&) {
            std::vector<std::string> messages;
            for (size_t i = 0; i < kKeys; ++i) messages.push_back(message(numbered("/small", i), random_value(kSmall)));
            return std::make_unique<GrpcLoad>(server.port(), connections, calls, path, random_of(std::move(messages)));
          }};
}

}  // namespace

const std::vector<RateLoad>& v2_loads() {
  static const std::vector<RateLoad> kLoads{
      v2_load("GET", 1, get_one),
      v2_load("GET", 64, get_one),
      v2_load("GET", 256, get_one),
      v2_load("GET quorum", 64, get_quorum),
      v2_load("GET directory of 100", 64, get_directory),
      v2_load("PUT 64 B", 1, put_small),
      v2_load("PUT 64 B", 64, put_small),
      v2_load("PUT 64 B", 256, put_small),
      v2_load("PUT 64 B", 1000, put_small),
      v2_load("PUT 64 B, ttl", 64, put_ttl),
      v2_load("PUT 4 KiB", 64, put_large),
  };
  return kLoads;
}

const std::vector<RateLoad>& v3_loads() {
  static const std::string kRange = range_message("/v3/0");
  static const std::string kPut = put_message("/v3/0", random_value(kSmall));
  static const std::vector<RateLoad> kLoads{
      h2_load("Range", 1, 1, kRangePath, kRange),
      h2_load("Range", 16, 1, kRangePath, kRange),
      h2_load("Range", 16, 32, kRangePath, kRange),
      h2_load("Put 64 B", 1, 1, kPutPath, kPut),
      h2_load("Put 64 B", 16, 1, kPutPath, kPut),
      h2_load("Put 64 B", 16, 32, kPutPath, kPut),
      grpc_load("Put 64 B, 1,000 keys", 16, 32, kPutPath, put_message),
      grpc_load("Txn: compare, put, range", 16, 32, kTxnPath, txn_message),
      h2_load("Range of 10,000 keys", 4, 1, kRangePath, range_message("/v3/", "/v30")),
  };
  return kLoads;
}

const std::vector<RateLoad>& cluster_v2_loads() {
  static const std::vector<RateLoad> kLoads{
      v2_load("GET", 64, get_one),
      v2_load("GET quorum", 64, get_quorum),
      at_follower(v2_load("GET quorum", 64, get_quorum)),
      v2_load("PUT 64 B", 1, put_small),
      v2_load("PUT 64 B", 64, put_small),
      v2_load("PUT 64 B", 256, put_small),
      at_follower(v2_load("PUT 64 B", 64, put_small)),
  };
  return kLoads;
}

const std::vector<RateLoad>& cluster_v3_loads() {
  static const std::string kRange = range_message("/v3/0");
  static const std::string kPut = put_message("/v3/0", random_value(kSmall));
  static const std::vector<RateLoad> kLoads{
      h2_load("Range", 16, 32, kRangePath, kRange),
      at_follower(h2_load("Range", 16, 32, kRangePath, kRange)),
      h2_load("Put 64 B", 1, 1, kPutPath, kPut),
      grpc_load("Put 64 B, 1,000 keys", 16, 32, kPutPath, put_message),
      at_follower(grpc_load("Put 64 B, 1,000 keys", 16, 32, kPutPath, put_message)),
      grpc_load("Txn: compare, put, range", 16, 32, kTxnPath, txn_message),
  };
  return kLoads;
}

void measure_rates(const Plan& plan, const std::vector<RateLoad>& all, Samples& samples) {
  const std::vector<RateLoad> loads = included(plan, all);
  if (loads.empty()) return;
  for (size_t round = 0; round < plan.rounds; ++round) {
    std::vector<std::unique_ptr<Server>> servers;  // both up, one idle while the other is measured
    for (const Program& program : plan.programs) {
      servers.push_back(std::make_unique<Server>(program, plan.work_directory));
      seed(plan, *servers.back());
    }
    for (const RateLoad& load : loads) {
      for (size_t i = 0; i < servers.size(); ++i) {
        const pid_t pid = servers[i]->pid();
        add(load, plan.programs[i].name, run(load, *servers[i], {&pid, 1}, plan), round, samples);
      }
    }
  }
}

// Only one cluster is up at a time: three idle members still send each other heartbeats.
void measure_cluster_rates(const Plan& plan, const std::vector<RateLoad>& all, Samples& samples) {
  const std::vector<RateLoad> loads = included(plan, all);
  if (loads.empty()) return;
  for (size_t round = 0; round < plan.rounds; ++round) {
    for (const Program& program : plan.programs) {
      Cluster cluster(program, plan.work_directory, plan.members);
      seed(plan, cluster.leader());
      for (const RateLoad& load : loads) {
        const Server& server = load.at_follower ? cluster.follower() : cluster.leader();
        add(load, program.name, run(load, server, cluster.pids(), plan), round, samples);
      }
    }
  }
}

}  // namespace viaduct::bench
