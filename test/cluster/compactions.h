// How far anybody has asked to compact, whatever came of it: only what is older may be gone (RB-13).
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "test/cluster/v3_client.h"

namespace viaduct::cluster_test {

class Compactions {
 public:
  // Asks through `client`, once it is known here.
  Status ask(V3Client& client, int64_t revision, bool physical, std::chrono::milliseconds time);
  int64_t furthest() const { return furthest_; }

 private:
  std::atomic<int64_t> furthest_{0};
};

}  // namespace viaduct::cluster_test
