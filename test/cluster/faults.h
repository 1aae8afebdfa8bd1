// What can go wrong with a cluster: each fault breaks something, lets it be for a while, and mends it.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "test/cluster/certificates.h"
#include "test/cluster/cluster.h"
#include "test/cluster/small_disk.h"

namespace viaduct::cluster_test {

// The hand that breaks things. Ownership: borrows the cluster. Threads: the one that owns the cluster.
class Faults {
 public:
  struct Kind {
    const char* name;
    unsigned weight;  // how often it is drawn among all
    void (Faults::*inflict)();
  };
  static const std::vector<Kind>& kinds();

  // What only some runs have.
  struct Tools {
    SmallDisk* first_disk = nullptr;           // under the first member
    PeerCertificates* certificates = nullptr;  // of the links
    bool heals = true;                         // members whose data is damaged have it back from the others (CC-12)
  };
  Faults(Cluster& cluster, const Tools& tools, uint64_t seed) : cluster_(cluster), tools_(tools), random_(seed) {}

  const Kind& draw();
  void inflict(const Kind& kind);
  void mend_all();  // whatever is still broken

  // What was done, line by line, and what did not go as it must: a reconfiguration that never ended, say.
  const std::vector<std::string>& diary() const { return diary_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void kill_one();
  void kill_leader();
  void kill_majority();
  void kill_all();
  void power_off_leader();
  void pause_one();
  void pause_leader();
  void isolate_one();
  void isolate_leader();
  void cut_off_leader();
  void halves();
  void one_way_out();
  void one_way_in();
  void part_pair();
  void slow_links();
  void slow_leader();
  void rolling_restart();
  void long_absence();
  void replace_member();
  void replace_dead_member();
  void add_learner();
  void grow_and_shrink();
  void remove_leader();
  void move_leader();
  void full_disk();
  void new_certificates();
  void slow_disk();
  void hung_disk();
  void failing_disk();
  void damaged_log();
  void rolled_back();
  void few_descriptors();
  void little_memory();

  uint64_t below(uint64_t end) { return random_() % end; }
  void wait_ms(uint64_t least, uint64_t most);
  Node any();
  Node leader_or_any();
  void note(const std::string& what) { diary_.push_back(what); }
  void fail(const std::string& what) { failures_.push_back(what); }
  std::string name(Node node) { return cluster_.at(node).name(); }

  void kill(Node node);
  void restart(Node node);
  void surround(Node node, Link::Mode out, Link::Mode in);
  void hold(Node node);  // isolates it, for a while, in one of the ways there are
  bool all_are_well();
  void suffer_disk(Node node, const std::string& order, uint64_t least_ms, uint64_t most_ms);
  bool run_out(Node node, int resource, uint64_t limit);
  void begin_again(Node node);
  bool add_voter();
  bool remove(Node node);

  Cluster& cluster_;
  const Tools tools_;
  std::mt19937_64 random_;
  std::vector<std::string> diary_;
  std::vector<std::string> failures_;
};

}  // namespace viaduct::cluster_test
