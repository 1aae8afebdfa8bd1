#include "test/cluster/run.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/cluster.h"
#include "test/cluster/faults.h"
#include "test/cluster/lease_load.h"
#include "test/cluster/linearizability.h"
#include "test/cluster/order_checker.h"
#include "test/cluster/v2_load.h"
#include "test/cluster/v3_load.h"
#include "test/cluster/watch_load.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr size_t kV2Clients = 4, kV3Clients = 5, kLeaseClients = 3, kV3Watchers = 3, kV2Watchers = 2;
constexpr auto kRecovery = 20s;  // a leader within 10 election timeouts (INV-R14), and some
constexpr auto kConvergence = 15s;
constexpr size_t kDiskMegabytes = 400;  // etcd lays out two segments of 64 MB beforehand

// What a seed decides beside the faults.
struct Shape {
  size_t members = 3;
  bool small_disk = false;  // under the first member
  bool peer_tls = false;
  std::chrono::milliseconds election_timeout{1000};
  std::vector<std::string> flags;
};

Shape shape_of(std::mt19937_64& random) {
  Shape shape;
  if (random() % 4 == 0) shape.members = 5;
  if (random() % 3 == 0) {
    shape.election_timeout = 500ms;
    shape.flags.insert(shape.flags.end(), {"--heartbeat-interval=50", "--election-timeout=500"});
  }
  shape.small_disk = random() % 4 == 0;
  shape.peer_tls = random() % 4 == 0;
  constexpr std::array kSnapshotCounts{"50", "300", "2000"};
  shape.flags.push_back(std::string("--snapshot-count=") + kSnapshotCounts[random() % kSnapshotCounts.size()]);
  return shape;
}

std::vector<Event> below(const std::string& prefix, const std::vector<Event>& log) {
  std::vector<Event> result;
  std::ranges::copy_if(log, std::back_inserter(result),
                       [&](const Event& event) { return event.key.starts_with(prefix); });
  return result;
}

class Run {
 public:
  explicit Run(const RunSetting& setting)
      : setting_(setting),
        random_(setting.seed),
        shape_(shape_of(random_)),
        first_disk_(shape_.small_disk || setting.only == "full-disk"
                        ? SmallDisk::mount(setting.directory + "/infra1", kDiskMegabytes)
                        : nullptr),
        certificates_(shape_.peer_tls || setting.only == "new-certificates"
                          ? std::make_unique<PeerCertificates>(setting.directory + "/certificates")
                          : nullptr),
        cluster_(cluster_setting()),
        faults_(cluster_, {first_disk_.get(), certificates_.get()}, random_()) {}

  RunResult play() {
    try {
      play_through();
    } catch (const std::exception& failure) {
      violations_.add("run", failure.what());
    }
    join(workload_, client_threads_);
    join(watching_, watcher_threads_);
    if (!violations_.none()) keep_evidence();
    return finish();
  }

 private:
  void play_through() {
    times_.election_timeout = shape_.election_timeout;
    times_.slack = 1s;  // a watcher may be between two members
    cluster_.start();
    first_v2_index_ = mark_v2();
    for (Workload* workload : {&workload_, &watching_}) workload->ports = [this] { return cluster_.client_ports(); };
    start_clients();
    inflict_faults();
    faults_.mend_all();
    times_.healed = Clock::now();
    require_recovery();
    std::this_thread::sleep_for(1s);
    end_clients();
    judge();
  }

  static void join(Workload& workload, std::vector<std::thread>& threads) {
    workload.done = true;
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  void keep_evidence() {
    std::error_code ignored;  // the small disk goes with this run
    if (first_disk_) std::filesystem::copy_file(cluster_.at(0).log_file(), setting_.directory + "/infra1-log", ignored);
    std::ofstream out(setting_.directory + "/history");
    for (const std::string& line : faults_.diary()) out << line << "\n";
    for (const History* history : {&v2_history_, &v3_history_}) {
      for (const Operation& one : history->operations()) out << describe(one) << "\n";
    }
    for (const auto* log : {&v2_log_, &v3_log_}) {
      for (const Event& event : *log) out << describe(event) << "\n";
    }
  }

  Cluster::Setting cluster_setting() const {
    std::vector<std::string> flags = setting_.flags;
    flags.insert(flags.end(), shape_.flags.begin(), shape_.flags.end());
    if (certificates_) std::ranges::copy(certificates_->flags(), std::back_inserter(flags));
    return {setting_.program, flags, setting_.directory, shape_.members, certificates_ != nullptr};
  }

  void start_clients() {
    size_t number = 0;
    const auto start = [&](std::vector<std::thread>& threads, size_t count, auto make) {
      for (size_t i = 0; i < count; ++i) {
        auto client = make(++number, random_());
        threads.emplace_back([client] { client->run(); });
      }
    };
    start(client_threads_, kV2Clients,
          [&](size_t n, uint64_t seed) { return std::make_shared<V2Load>(workload_, v2_history_, n, seed); });
    start(client_threads_, kV3Clients,
          [&](size_t n, uint64_t seed) { return std::make_shared<V3Load>(workload_, v3_history_, n, seed); });
    start(client_threads_, kLeaseClients,
          [&](size_t n, uint64_t seed) { return std::make_shared<LeaseLoad>(workload_, leases_, n, seed); });
    start(watcher_threads_, kV3Watchers, [&](size_t n, uint64_t seed) {
      return v3_watchers_.emplace_back(std::make_shared<V3Watcher>(watching_, first_seen_, n, seed));
    });
    start(watcher_threads_, kV2Watchers, [&](size_t n, uint64_t seed) {
      const bool streams = !setting_.etcd && n % 2 == 0;
      return v2_watchers_.emplace_back(std::make_shared<V2Watcher>(watching_, first_v2_index_, streams, n, seed));
    });
  }

  void inflict_faults() {
    const auto end = Clock::now() + setting_.time;
    do {
      faults_.inflict(setting_.only.empty() ? faults_.draw() : named(setting_.only));
      std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 1000));
    } while (Clock::now() < end);
    for (const std::string& failure : faults_.failures()) violations_.add("INV-M3", failure);
  }

  static const Faults::Kind& named(const std::string& name) {
    for (const Faults::Kind& kind : Faults::kinds()) {
      if (kind.name == name) return kind;
    }
    throw std::runtime_error("no fault is called " + name);
  }

  // INV-R14: once all is mended every member serves, and soon.
  void require_recovery() {
    for (const Node node : cluster_.current()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(times_.healed + kRecovery - Clock::now());
      if (!cluster_.wait_until_healthy(node, std::max(1ms, left))) {
        violations_.add("INV-R14", cluster_.at(node).name() + " does not serve " + std::to_string(kRecovery.count()) +
                                       " s after everything was mended");
      }
    }
  }

  void end_clients() {
    join(workload_, client_threads_);
    V2Load(workload_, v2_history_, 0, 1).read_all();
    V3Load(workload_, v3_history_, 0, 1).read_all();
    // The watchers tell when the last leases end.
    std::this_thread::sleep_until(all_expired_by(leases_.all(), times_));
    join(watching_, watcher_threads_);
  }

  // A last write to each API, whose position ends the logs. 0: it cannot be written.
  uint64_t mark_v2() {
    V2Client client(cluster_.client_ports().front());
    for (const auto end = Clock::now() + kRecovery; Clock::now() < end;) {
      const V2Answer answer = client.call("PUT", std::string(kV2Root) + "/mark", "value=mark", 3s);
      if (answer.success() && answer.node) return answer.node->modified;
    }
    return 0;
  }

  uint64_t mark_v3() {
    V3Client client(cluster_.client_ports().front());
    etcdserverpb::PutRequest request;
    request.set_key(std::string(kV3Root) + "mark");
    etcdserverpb::PutResponse response;
    for (const auto end = Clock::now() + kRecovery; Clock::now() < end;) {
      if (client.call("KV/Put", request, response, 3s).ok()) return static_cast<uint64_t>(response.header().revision());
    }
    return 0;
  }

  void judge() {
    for (const std::string& complaint : workload_.complaints) violations_.add("answer", complaint);
    const uint64_t last_v2 = mark_v2(), last_v3 = mark_v3();
    if (last_v2 == 0 || last_v3 == 0)
      return violations_.add("INV-R14", "no write succeeds after everything was mended");
    // Before the members are compared: they may be behind, a watch waits until they are not.
    finish_watchers(last_v2, last_v3);
    read_logs(last_v2, last_v3);
    compare_hashes(last_v3);
    judge_v3(last_v3);
    judge_v2(last_v2);
  }

  void finish_watchers(uint64_t last_v2, uint64_t last_v3) {
    for (const auto& watcher : v3_watchers_) watcher->run_until(last_v3);
    for (const auto& watcher : v2_watchers_) watcher->run_until(last_v2);
  }

  void read_logs(uint64_t last_v2, uint64_t last_v3) {
    for (const Node node : cluster_.current()) {
      const int port = cluster_.at(node).client_port();
      take_log(node, "v3", read_v3_log(port, last_v3), v3_log_);
      // What etcd no longer has, its watchers have seen.
      if (!setting_.etcd) take_log(node, "v2", read_v2_log(port, first_v2_index_, last_v2), v2_log_);
    }
  }

  void take_log(Node node, const char* api, const std::optional<std::vector<Event>>& log, std::vector<Event>& taken) {
    const std::string name = cluster_.at(node).name();
    if (!log) return violations_.add("INV-W5", name + " does not give its whole " + api + " history");
    if (taken.empty()) {
      taken = *log;
    } else if (*log != taken) {
      violations_.add("INV-A2", name + " has another " + api + " history than the first member");
    }
  }

  void compare_hashes(uint64_t revision) {
    std::optional<uint32_t> first;
    for (const Node node : cluster_.current()) {
      etcdserverpb::HashKVRequest request;
      request.set_revision(static_cast<int64_t>(revision));
      etcdserverpb::HashKVResponse response;
      Status status;
      V3Client client(cluster_.at(node).client_port());
      for (const auto end = Clock::now() + kConvergence; Clock::now() < end && !status.ok();) {
        status = client.call("Maintenance/HashKV", request, response, 5s);
      }
      if (!status.ok()) {
        violations_.add("INV-L8", cluster_.at(node).name() + " tells no hash: " + status.text);
      } else if (first.value_or(response.hash()) != response.hash()) {
        violations_.add("INV-A2", cluster_.at(node).name() + " has another hash than the first member");
      }
      first = first.value_or(response.hash());
    }
  }

  void judge_v3(uint64_t last) {
    const Replay whole(v3_log_, Api::kV3, violations_);
    for (const auto& watcher : v3_watchers_) check_watch(watcher->take(), last, whole, violations_);
    times_.first_seen = first_seen_.all();
    check_leases(leases_.all(), times_, whole, violations_);
    judge_registers(v3_history_, below(kV3Registers, v3_log_), Api::kV3);
  }

  void judge_v2(uint64_t last) {
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
    const Replay whole(v2_log_, Api::kV2, violations_);
    for (const Watched& one : watched) check_watch(one, last, whole, violations_);
    std::vector<Event> log = v2_log_;
    std::erase_if(log, [](const Event& event) { return event.key.ends_with("/mark"); });
    judge_registers(v2_history_, log, Api::kV2);
    check_queue(below(kV2Queue, log), violations_);
  }

  void judge_registers(const History& history, const std::vector<Event>& log, Api api) {
    const std::vector<Operation> operations = history.operations();
    const Replay replay(log, api, violations_);
    check_order(operations, replay, violations_);
    undecided_ += check_linearizability(settled(operations, replay), violations_);
  }

  RunResult finish() {
    RunResult result{setting_.seed, violations_.kept(), ""};
    std::string faults;
    for (const std::string& line : faults_.diary()) {
      if (!line.starts_with(' ')) faults += (faults.empty() ? "" : ", ") + line;
    }
    result.summary = std::to_string(shape_.members) + " members" + (certificates_ ? ", peer TLS" : "") + ", " +
                     shape_.flags.back() + ", " + std::to_string(v2_history_.size()) + " v2 and " +
                     std::to_string(v3_history_.size()) + " v3 calls, " + std::to_string(leases_.all().size()) +
                     " leases: " + faults;
    if (undecided_ > 0) result.summary += ", " + std::to_string(undecided_) + " keys undecided";
    return result;
  }

  const RunSetting& setting_;
  std::mt19937_64 random_;
  const Shape shape_;
  const std::unique_ptr<SmallDisk> first_disk_;
  const std::unique_ptr<PeerCertificates> certificates_;
  Cluster cluster_;
  Faults faults_;
  Workload workload_, watching_;  // the watchers go on after the others
  History v2_history_, v3_history_;
  LeaseLives leases_;
  FirstSeen first_seen_;
  LeaseTimes times_;
  std::vector<std::shared_ptr<V3Watcher>> v3_watchers_;
  std::vector<std::shared_ptr<V2Watcher>> v2_watchers_;
  std::vector<std::thread> client_threads_, watcher_threads_;
  uint64_t first_v2_index_ = 0;
  std::vector<Event> v2_log_, v3_log_;
  Violations violations_;
  size_t undecided_ = 0;
};

}  // namespace

RunResult play(const RunSetting& setting) {
  RunResult result{setting.seed, {}, "not begun"};
  try {
    std::filesystem::create_directories(setting.directory);
    result = Run(setting).play();
  } catch (const std::exception& failure) {
    result.violations.push_back(failure.what());
  }
  std::error_code ignored;
  if (result.violations.empty()) std::filesystem::remove_all(setting.directory, ignored);
  return result;
}

}  // namespace viaduct::cluster_test
