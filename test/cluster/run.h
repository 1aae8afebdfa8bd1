// One run: a cluster, clients of both APIs, some faults, and then the verdict of every checker.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace viaduct::cluster_test {

struct RunSetting {
  std::string program;
  std::vector<std::string> flags;
  std::string directory;  // of its own; removed when all is well
  uint64_t seed = 1;
  std::chrono::seconds time{8};  // of faults; the rest takes about as long again
  std::string only;              // a fault's name: no other
  bool etcd = false;         // its v2 keeps 1000 events, its streams do not resume, and damage is the end of a member
  std::string disk_library;  // Member::Setting
};

struct RunResult {
  uint64_t seed = 0;
  std::vector<std::string> violations;  // empty: all is well
  std::string summary;                  // one line: what was done
};

RunResult play(const RunSetting& setting);

}  // namespace viaduct::cluster_test
