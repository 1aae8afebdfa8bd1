// The io threads of a server: loops that share the connections between them.
// Ownership: owns the loops; borrows the clock, which must outlive it. Listeners must be gone first.
// Threads:   make, start, shut down and stop it from one thread; next() and counters() from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "net/counters.h"
#include "net/limits.h"
#include "net/loop.h"

namespace viaduct::net {

class LoopGroup {
 public:
  LoopGroup(const Clock& clock, const Limits& limits, size_t threads);  // at least one
  ~LoopGroup();                                                         // stops

  void start();
  // Lets requests in flight finish and parked streams end; returns when no connection is left, or after `grace` with
  // the rest cut off. The loops still run their tasks afterwards.
  void shut_down(std::chrono::milliseconds grace);
  void stop();

  size_t size() const { return loops_.size(); }
  Loop& loop(size_t i) { return *loops_[i]; }
  Loop& next() { return *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]; }  // round robin
  const Limits& limits() const { return limits_; }
  const Counters& counters(size_t i) const { return counters_[i]; }
  uint64_t sum(Counter Counters::*counter) const;  // over all loops

 private:
  const Limits limits_;
  std::vector<Counters> counters_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<size_t> turn_{0};
};

}  // namespace viaduct::net
