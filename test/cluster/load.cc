#include "test/cluster/load.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/chores.h"
#include "test/cluster/linearizability.h"
#include "test/cluster/order_checker.h"
#include "test/cluster/ttl_load.h"
#include "test/cluster/v2_load.h"
#include "test/cluster/v3_load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kPauseAfterFailure = 10ms;

std::vector<Event> below(const std::string& prefix, const std::vector<Event>& log) {
  std::vector<Event> result;
  std::ranges::copy_if(log, std::back_inserter(result),
                       [&](const Event& event) { return event.key.starts_with(prefix); });
  return result;
}

std::vector<Event> up_to(uint64_t last, const std::vector<Event>& log, uint64_t first) {
  std::vector<Event> result;
  std::ranges::copy_if(log, std::back_inserter(result),
                       [&](const Event& event) { return event.position >= first && event.position <= last; });
  return result;
}

}  // namespace

Load::Load(const LoadSetting& setting, std::function<std::vector<int>()> ports, uint64_t seed)
    : setting_(setting), random_(seed) {
  for (Workload* workload : {&workload_, &watching_}) workload->ports = ports;
  times_.election_timeout = setting.election_timeout;
  times_.clock_error = setting.clock_error;
  times_.slack = 1s;  // a watcher may be between two members
}

Load::~Load() {
  join(workload_, client_threads_);
  join(watching_, watcher_threads_);
}

void Load::join(Workload& workload, std::vector<std::thread>& threads) {
  workload.done = true;
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

void Load::start() {
  first_v2_index_ = mark_v2();
  size_t number = 0;
  const auto begin = [&](std::vector<std::thread>& threads, size_t count, auto make) {
    for (size_t i = 0; i < count; ++i) {
      auto client = make(++number, random_());
      threads.emplace_back([client] { client->run(); });
    }
  };
  begin(client_threads_, setting_.v2_clients,
        [&](size_t n, uint64_t seed) { return std::make_shared<V2Load>(workload_, v2_history_, n, seed); });
  begin(client_threads_, setting_.v3_clients,
        [&](size_t n, uint64_t seed) { return std::make_shared<V3Load>(workload_, v3_history_, n, seed); });
  begin(client_threads_, setting_.lease_clients,
        [&](size_t n, uint64_t seed) { return std::make_shared<LeaseLoad>(workload_, leases_, n, seed); });
  begin(client_threads_, setting_.ttl_clients,
        [&](size_t n, uint64_t seed) { return std::make_shared<TtlLoad>(workload_, leases_, n, seed); });
  begin(client_threads_, setting_.chores, [&](size_t n, uint64_t seed) {
    return std::make_shared<Chores>(workload_, setting_.compacts ? &compactions_ : nullptr, n, seed);
  });
  begin(watcher_threads_, setting_.v3_watchers, [&](size_t n, uint64_t seed) {
    return v3_watchers_.emplace_back(std::make_shared<V3Watcher>(watching_, first_seen_, n, seed));
  });
  begin(watcher_threads_, setting_.v2_watchers, [&](size_t n, uint64_t seed) {
    const bool streams = !setting_.etcd && n % 2 == 0;
    return v2_watchers_.emplace_back(std::make_shared<V2Watcher>(watching_, first_v2_index_, streams, n, seed));
  });
}

void Load::mended() { times_.healed = Clock::now(); }

void Load::end() {
  join(workload_, client_threads_);
  V2Load(workload_, v2_history_, 0, 1).read_all();
  V3Load(workload_, v3_history_, 0, 1).read_all();
  // The watchers tell when the last leases end.
  std::this_thread::sleep_until(all_expired_by(leases_.all(), times_));
  join(watching_, watcher_threads_);
}

void Load::write(std::ostream& out) const {
  for (const History* history : {&v2_history_, &v3_history_}) {
    for (const Operation& one : history->operations()) out << describe(one) << "\n";
  }
  for (const auto* log : {&v2_log_, &v3_log_}) {
    for (const Event& event : *log) out << describe(event) << "\n";
  }
}

// A last write to each API, whose position ends the logs, through whichever member takes it: learners do not. 0: none
// does.
uint64_t Load::mark_v2() {
  return mark([](int port) -> uint64_t {
    const V2Answer answer = V2Client(port).call("PUT", std::string(kV2Root) + "/mark", "value=mark", 3s);
    return answer.success() && answer.node ? answer.node->modified : 0;
  });
}

uint64_t Load::mark_v3() {
  return mark([](int port) -> uint64_t {
    etcdserverpb::PutRequest request;
    request.set_key(std::string(kV3Root) + "mark");
    etcdserverpb::PutResponse response;
    if (!V3Client(port).call("KV/Put", request, response, 3s).ok()) return 0;
    return static_cast<uint64_t>(response.header().revision());
  });
}

uint64_t Load::mark(const std::function<uint64_t(int port)>& write) {
  const std::vector<int> ports = workload_.ports();
  const auto end = Clock::now() + setting_.recovery;
  for (size_t i = 0; Clock::now() < end; ++i) {
    if (const uint64_t position = write(ports[i % ports.size()])) return position;
    std::this_thread::sleep_for(kPauseAfterFailure);
  }
  return 0;
}

void Load::judge(const std::vector<JudgedMember>& members, Violations& violations, const std::function<Logs()>& kept) {
  for (const std::string& complaint : workload_.complaints) violations.add("answer", complaint);
  const uint64_t last_v2 = mark_v2(), last_v3 = mark_v3();
  if (last_v2 == 0 || last_v3 == 0) return violations.add("INV-R14", "no write succeeds after everything was mended");
  // Before the members are compared: they may be behind, a watch waits until they are not.
  finish_watchers(last_v2, last_v3);
  if (kept) {
    const Logs logs = kept();
    v2_log_ = up_to(last_v2, logs.v2, first_v2_index_);
    v3_log_ = up_to(last_v3, logs.v3, 1);
  }
  if (!setting_.compacts) read_logs(members, last_v2, last_v3, violations);
  compare_hashes(members, last_v3, violations);
  judge_v3(last_v3, violations);
  judge_v2(last_v2, violations);
}

void Load::finish_watchers(uint64_t last_v2, uint64_t last_v3) {
  for (const auto& watcher : v3_watchers_) watcher->run_until(last_v3);
  for (const auto& watcher : v2_watchers_) watcher->run_until(last_v2);
}

void Load::read_logs(const std::vector<JudgedMember>& members, uint64_t last_v2, uint64_t last_v3,
                     Violations& violations) {
  for (const JudgedMember& member : members) {
    take_log(member.name, "v3", read_v3_log(member.port, last_v3), v3_log_, violations);
    // What etcd no longer has, its watchers have seen.
    if (!setting_.etcd)
      take_log(member.name, "v2", read_v2_log(member.port, first_v2_index_, last_v2), v2_log_, violations);
  }
}

void Load::take_log(const std::string& name, const char* api, const std::optional<std::vector<Event>>& log,
                    std::vector<Event>& taken, Violations& violations) {
  if (!log) return violations.add("INV-W5", name + " does not give its whole " + api + " history");
  if (taken.empty()) {
    taken = *log;
  } else if (*log != taken) {
    violations.add("INV-A2", name + " has another " + api + " history than others");
  }
}

void Load::compare_hashes(const std::vector<JudgedMember>& members, uint64_t revision, Violations& violations) {
  std::optional<uint32_t> first;
  for (const JudgedMember& member : members) {
    etcdserverpb::HashKVRequest request;
    request.set_revision(static_cast<int64_t>(revision));
    etcdserverpb::HashKVResponse response;
    Status status;
    V3Client client(member.port);
    for (const auto end = Clock::now() + setting_.convergence; Clock::now() < end && !status.ok();) {
      status = client.call("Maintenance/HashKV", request, response, 5s);
      if (!status.ok()) std::this_thread::sleep_for(kPauseAfterFailure);
    }
    if (!status.ok()) {
      violations.add("INV-L8", member.name + " tells no hash: " + status.text);
    } else if (first.value_or(response.hash()) != response.hash()) {
      violations.add("INV-A2", member.name + " has another hash than the first member");
    }
    first = first.value_or(response.hash());
  }
}

void Load::judge_v3(uint64_t last, Violations& violations) {
  const Replay whole(v3_log_, Api::kV3, violations);
  for (const auto& watcher : v3_watchers_) {
    if (!watcher->history_lost()) check_watch(watcher->take(), last, whole, violations);
  }
  times_.first_seen = first_seen_.all();
  check_leases(leases_.all(), times_, whole, violations);
  judge_registers(v3_history_, below(kV3Registers, v3_log_), Api::kV3, violations);
}

void Load::judge_v2(uint64_t last, Violations& violations) {
  std::vector<Watched> watched;
  for (const auto& watcher : v2_watchers_) {
    if (!watcher->history_lost()) watched.push_back(watcher->take());
  }
  if (setting_.etcd) {
    if (watched.empty()) return;  // there is no log to judge by
    for (const std::vector<Event>& response : watched.front().responses) {
      std::ranges::copy_if(response, std::back_inserter(v2_log_),
                           [&](const Event& event) { return event.position <= last; });
    }
  }
  const Replay whole(v2_log_, Api::kV2, violations);
  for (const Watched& one : watched) check_watch(one, last, whole, violations);
  std::vector<Event> log = v2_log_;
  std::erase_if(log, [](const Event& event) { return event.key.ends_with("/mark"); });
  judge_registers(v2_history_, log, Api::kV2, violations);
  check_queue(below(kV2Queue, log), violations);
}

void Load::judge_registers(const History& history, const std::vector<Event>& log, Api api, Violations& violations) {
  const std::vector<Operation> operations = history.operations();
  const Replay replay(log, api, violations);
  check_order(operations, replay, violations);
  undecided_ += check_linearizability(settled(operations, replay), violations);
}

}  // namespace viaduct::cluster_test
