// How long the node's disk work takes, for /metrics.
// Threads: the observer's calls on the threads that node_options.h names; the rest from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/histogram.h"
#include "server/node_options.h"

namespace viaduct::server {

class NodeTimings final : public NodeObserver {
 public:
  using Durations = Histogram<1'000'000, 14>;  // etcd's buckets: 1 ms to 8.192 s

  explicit NodeTimings(std::chrono::nanoseconds slow_apply) : slow_apply_(slow_apply) {}

  void wal_synced(std::chrono::nanoseconds duration) override { wal_syncs_.observe(duration); }
  void group_applied(std::chrono::nanoseconds duration) override {
    group_applies_.observe(duration);
    if (duration > slow_apply_) slow_applies_.fetch_add(1, std::memory_order_relaxed);
  }

  HistogramSample wal_syncs() const { return wal_syncs_.sample(); }
  HistogramSample group_applies() const { return group_applies_.sample(); }
  uint64_t slow_applies() const { return slow_applies_.load(std::memory_order_relaxed); }

 private:
  const std::chrono::nanoseconds slow_apply_;
  Durations wal_syncs_, group_applies_;
  std::atomic<uint64_t> slow_applies_{0};
};

}  // namespace viaduct::server
