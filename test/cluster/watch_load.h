// Watchers that follow everything from the beginning and go on at another member now and then, where the last one left
// off; and the readers of the whole log after a run, which are watchers too.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "test/cluster/v2_client.h"
#include "test/cluster/v3_client.h"
#include "test/cluster/watch_checker.h"
#include "test/cluster/worker.h"

namespace viaduct::cluster_test {

// When any watcher first learnt of a position. Threads: any.
class FirstSeen {
 public:
  void add(uint64_t position) {
    const Time now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    seen_.emplace(position, now);
  }
  std::map<uint64_t, Time> all() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<uint64_t, Time> seen_;
};

class V3Watcher : Worker<V3Client> {
 public:
  V3Watcher(Workload& workload, FirstSeen& first_seen, size_t number, uint64_t seed);
  void run();                     // moves between members until the workload is done
  void run_until(uint64_t last);  // goes on at one member until everything up to `last` has come, for a while
  Watched take() { return std::move(watched_); }
  bool history_lost() const { return history_lost_; }  // compacted

 private:
  void follow(std::chrono::milliseconds time, uint64_t last);

  FirstSeen& first_seen_;
  Watched watched_;
  uint64_t next_;
  bool history_lost_ = false;
};

// By one long-poll after another; `streams`: by streams from the past instead.
class V2Watcher : Worker<V2Client> {
 public:
  V2Watcher(Workload& workload, uint64_t first, bool streams, size_t number, uint64_t seed);
  void run();
  void run_until(uint64_t last);
  Watched take() { return std::move(watched_); }
  bool history_lost() const { return history_lost_; }  // etcd keeps 1000 events

 private:
  bool poll();
  void stream(std::chrono::milliseconds time, uint64_t last);
  bool take_event(const V2Answer& answer);

  Watched watched_;
  uint64_t next_;
  const bool streams_;
  bool history_lost_ = false;
};

// All events of keys below kV3Root, or kV2Root, as one member has them; nothing when they do not come within a while,
// or are no longer there.
std::optional<std::vector<Event>> read_v3_log(int port, uint64_t last);
std::optional<std::vector<Event>> read_v2_log(int port, uint64_t first, uint64_t last);

}  // namespace viaduct::cluster_test
