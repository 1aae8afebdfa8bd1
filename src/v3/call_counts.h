// How many calls of each method began, and how they ended.
// Threads: any; loops do not share a cache line.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/per_thread.h"
#include "v3/status.h"

namespace viaduct::v3 {

class CallCounts {
 public:
  static constexpr size_t kMaxMethods = 64;
  static constexpr size_t kCodes = static_cast<size_t>(StatusCode::kUnauthenticated) + 1;
  struct Sum {
    uint64_t started = 0, received = 0, sent = 0;  // calls; messages
    std::array<uint64_t, kCodes> ended{};          // by code
  };

  // `method` is Method::number.
  void started(size_t method) { add(at(method).started); }
  void received(size_t method) { add(at(method).received); }
  void sent(size_t method) { add(at(method).sent); }
  void ended(size_t method, StatusCode code) { add(at(method).ended[static_cast<size_t>(code)]); }

  Sum sum(size_t method) const;

 private:
  using Number = std::atomic<uint64_t>;
  struct OfMethod {
    Number started{0}, received{0}, sent{0};
    std::array<Number, kCodes> ended{};
  };

  static void add(Number& number) { number.fetch_add(1, std::memory_order_relaxed); }
  OfMethod& at(size_t method) { return counts_.local()[method]; }

  PerThread<std::array<OfMethod, kMaxMethods>> counts_;
};

}  // namespace viaduct::v3
