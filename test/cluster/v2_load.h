// A v2 client that does a random mix of everything a register can do, on a few keys, and of in-order POSTs.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "test/cluster/v2_client.h"
#include "test/cluster/worker.h"

namespace viaduct::cluster_test {

inline constexpr char kV2Root[] = "/two";
inline constexpr char kV2Queue[] = "/two/queue";

class V2Load : Worker<V2Client> {
 public:
  V2Load(Workload& workload, History& history, size_t number, uint64_t seed)
      : Worker(workload, number, seed), history_(history) {}

  void run();       // until the workload is done
  void read_all();  // each key once, linearizably, from the member at hand

 private:
  void act();
  void put(const std::string& key);
  void compare_and_put(const std::string& key);
  void erase(const std::string& key, bool compare);
  void post();
  void read(const std::string& key, bool linearizable);

  std::string condition(const std::string& key, Expected& expected);
  V2Answer ask(const std::string& method, const std::string& target, const std::optional<std::string>& form);
  bool take_write(Operation& operation, const V2Answer& answer);
  void record(Operation operation, const V2Answer& answer);

  History& history_;
  std::map<std::string, Version> known_;  // what it last saw of each key, to compare with
};

}  // namespace viaduct::cluster_test
