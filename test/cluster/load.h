// All clients of a run, of both APIs, and the judgement of what they saw.
//   start(), then faults, then mended(), then end(), then judge().
// Threads: the caller's; each client has one of its own from start() to end().
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test/cluster/compactions.h"
#include "test/cluster/history.h"
#include "test/cluster/lease_checker.h"
#include "test/cluster/lease_load.h"
#include "test/cluster/violations.h"
#include "test/cluster/watch_load.h"
#include "test/cluster/worker.h"

namespace viaduct::cluster_test {

struct LoadSetting {
  size_t v2_clients = 4, v3_clients = 5, lease_clients = 3, ttl_clients = 0, v3_watchers = 3, v2_watchers = 2;
  bool etcd = false;  // its v2 keeps 1000 events, and its streams do not resume
  size_t chores = 0;
  bool compacts = false;  // the chores do: members no longer tell their whole history, and watchers may lose it
  std::chrono::milliseconds election_timeout{1000};
  double clock_error = 0;                         // of the members, as a part of 1
  std::chrono::milliseconds recovery{20'000};     // a leader within 10 election timeouts (INV-R14), and some
  std::chrono::milliseconds convergence{15'000};  // until a member has what the others have
};

struct JudgedMember {
  std::string name;
  int port = 0;
};

class Load {
 public:
  // `ports`: of the members that there are at the moment.
  Load(const LoadSetting& setting, std::function<std::vector<int>()> ports, uint64_t seed);
  ~Load();  // ends

  void start();
  void mended();                                  // from now on nothing is broken any more
  bool takes_writes() { return mark_v3() != 0; }  // whether one succeeds within the time of recovery
  void end();                                     // waits for the last leases to expire, too
  // Both logs from the beginning, of all keys below kV2Root and kV3Root, where someone has kept them.
  struct Logs {
    std::vector<Event> v2, v3;
  };
  void judge(const std::vector<JudgedMember>& members, Violations& violations, const std::function<Logs()>& kept = {});

  Compactions& compactions() { return compactions_; }  // who else compacts tells it, too
  const History& v2_history() const { return v2_history_; }
  const History& v3_history() const { return v3_history_; }
  size_t leases() const { return leases_.all().size(); }
  size_t undecided() const { return undecided_; }  // keys
  void write(std::ostream& out) const;             // all there is to know

 private:
  static void join(Workload& workload, std::vector<std::thread>& threads);
  uint64_t mark_v2();
  uint64_t mark_v3();
  uint64_t mark(const std::function<uint64_t(int port)>& write);
  void finish_watchers(uint64_t last_v2, uint64_t last_v3);
  void read_logs(const std::vector<JudgedMember>& members, uint64_t last_v2, uint64_t last_v3, Violations& violations);
  static void take_log(const std::string& name, const char* api, const std::optional<std::vector<Event>>& log,
                       std::vector<Event>& taken, Violations& violations);
  void compare_hashes(const std::vector<JudgedMember>& members, uint64_t revision, Violations& violations);
  void judge_v3(uint64_t last, Violations& violations);
  void judge_v2(uint64_t last, Violations& violations);
  void judge_registers(const History& history, const std::vector<Event>& log, Api api, Violations& violations);

  const LoadSetting setting_;
  std::mt19937_64 random_;
  Workload workload_, watching_;  // the watchers go on after the others
  Compactions compactions_;
  History v2_history_, v3_history_;
  LeaseLives leases_;
  FirstSeen first_seen_;
  LeaseTimes times_;
  std::vector<std::shared_ptr<V3Watcher>> v3_watchers_;
  std::vector<std::shared_ptr<V2Watcher>> v2_watchers_;
  std::vector<std::thread> client_threads_, watcher_threads_;
  uint64_t first_v2_index_ = 0;
  std::vector<Event> v2_log_, v3_log_;
  size_t undecided_ = 0;
};

}  // namespace viaduct::cluster_test
