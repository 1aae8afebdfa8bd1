// A v3 client that grants leases, puts a key with each, keeps some alive for a while through whatever member, and then
// forgets them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "test/cluster/lease_checker.h"
#include "test/cluster/v3_client.h"
#include "test/cluster/worker.h"

namespace viaduct::cluster_test {

// Threads: any.
class LeaseLives {
 public:
  void add(const LeaseLife& life) {
    const std::lock_guard lock(mutex_);
    lives_.push_back(life);
  }
  std::vector<LeaseLife> all() const {
    const std::lock_guard lock(mutex_);
    return lives_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<LeaseLife> lives_;
};

class LeaseLoad : Worker<V3Client> {
 public:
  LeaseLoad(Workload& workload, LeaseLives& lives, size_t number, uint64_t seed)
      : Worker(workload, number, seed), lives_(lives) {}

  void run();

 private:
  bool grant(LeaseLife& life);
  void put_key(LeaseLife& life);
  void keep_alive(LeaseLife& life);
  bool renew(LeaseLife& life);

  LeaseLives& lives_;
};

}  // namespace viaduct::cluster_test
