// A cluster under test: members on free loopback ports, each over a fresh data directory.
// Threads: one at a time. Errors: Failure when it has no leader within half a minute.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/server.h"

namespace viaduct::bench {

class Cluster {
 public:
  // Returns once every member answers a quorum read.
  Cluster(const Program& program, const std::string& work_directory, size_t members);

  size_t size() const { return members_.size(); }
  Server& at(size_t number) { return *members_[number]; }
  size_t leader_number() const;  // asks the members
  Server& leader() { return *members_[leader_number()]; }
  Server& follower() { return *members_[(leader_number() + 1) % members_.size()]; }
  std::vector<int> ports() const;
  std::vector<pid_t> pids() const;

 private:
  std::vector<std::unique_ptr<Server>> members_;
};

}  // namespace viaduct::bench
