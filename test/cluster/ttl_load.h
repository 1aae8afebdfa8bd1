// A v2 client that puts keys with a TTL, refreshes some for a while through whatever member, and then forgets them. To
// the checkers each is a lease with one key (bridge.md L1).
#pragma once

#include "test/cluster/lease_load.h"
#include "test/cluster/v2_client.h"
#include "test/cluster/worker.h"

namespace viaduct::cluster_test {

class TtlLoad : Worker<V2Client> {
 public:
  TtlLoad(Workload& workload, LeaseLives& lives, size_t number, uint64_t seed)
      : Worker(workload, number, seed), lives_(lives) {}

  void run();

 private:
  void put(LeaseLife& life);
  bool refresh(LeaseLife& life);

  LeaseLives& lives_;
};

}  // namespace viaduct::cluster_test
