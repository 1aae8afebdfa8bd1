// How far anybody has asked to compact, whatever came of it: only what is older may be gone (RB-13).
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>

namespace viaduct::cluster_test {

class Compactions {
 public:
  // Before the request is sent.
  void ask(int64_t revision) {
    int64_t known = furthest_;
    while (known < revision && !furthest_.compare_exchange_weak(known, revision)) {
    }
  }
  int64_t furthest() const { return furthest_; }

 private:
  std::atomic<int64_t> furthest_{0};
};

}  // namespace viaduct::cluster_test
