// What one run of the benchmark does, as the command line said it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "bench/server.h"

namespace viaduct::bench {

struct Plan {
  std::array<Program, 2> programs;  // viaduct, etcd: each step runs on one, then on the other
  std::string work_directory;       // on the disk that is measured
  size_t rounds = 5;
  std::chrono::seconds seconds{3};  // of each measured load
  size_t members = 1;               // of each server's cluster
  bool quick = false;               // a hundredth of the keys: shows that everything works, measures little
  std::string only;                 // when not empty: the loads and scenarios whose name contains it
  std::string write;                // when not empty: the document that keeps the result

  bool includes(const std::string& name) const { return name.find(only) != std::string::npos; }
  size_t scaled(size_t count) const { return quick ? count / 100 : count; }
};

}  // namespace viaduct::bench
