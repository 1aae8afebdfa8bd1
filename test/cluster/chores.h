// A v3 client that does what operators do while others work: compacts, moves the leader, defragments, asks for hashes
// and status. What it is told it only takes note of; that nothing breaks is for the others to judge.
#pragma once

#include "test/cluster/compactions.h"
#include "test/cluster/v3_client.h"
#include "test/cluster/worker.h"

namespace viaduct::cluster_test {

class Chores : Worker<V3Client> {
 public:
  // `compactions`: null if it shall not compact.
  Chores(Workload& workload, Compactions* compactions, size_t number, uint64_t seed)
      : Worker(workload, number, seed), compactions_(compactions) {}

  void run();  // until the workload is done

 private:
  void compact();
  void move_leader();
  void defragment();
  void look();

  Compactions* const compactions_;
};

}  // namespace viaduct::cluster_test
