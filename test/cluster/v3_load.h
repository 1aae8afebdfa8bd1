// A v3 client that does a random mix of puts, deletes, compare-and-swap transactions and ranges on a few keys, and
// writes and reads two keys at once.
#pragma once

#include <map>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "test/cluster/v3_client.h"
#include "test/cluster/worker.h"

namespace viaduct::cluster_test {

inline constexpr char kV3Root[] = "/three/";
inline constexpr char kV3Registers[] = "/three/register/";
inline constexpr char kV3Leases[] = "/three/lease/";

class V3Load : Worker<V3Client> {
 public:
  V3Load(Workload& workload, History& history, size_t number, uint64_t seed)
      : Worker(workload, number, seed), history_(history) {}

  void run();
  void read_all();

 private:
  void act();
  void put(const std::string& key);
  void erase(const std::string& key);
  void compare(const std::string& key, bool erases);
  void put_pair();
  void read(const std::string& key, bool serializable);
  void read_pair();

  void expect(const std::string& key, Expected& expected, etcdserverpb::TxnRequest& txn);
  bool answered(const Status& status, Operation& operation);
  void add(Operation operation);

  History& history_;
  std::map<std::string, Version> known_;
};

}  // namespace viaduct::cluster_test
