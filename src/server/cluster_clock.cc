#include "server/cluster_clock.h"

#include <algorithm>

namespace viaduct::server {

void ClusterClock::observe(const Stamp& stamp, std::chrono::nanoseconds now) {
  committed_ms_ = std::max(committed_ms_, stamp.cluster_ms);
  if (stamp.cluster_ms > estimate_ms(now)) set(stamp.cluster_ms, now);
}

void ClusterClock::lead(const Stamp& newest, std::chrono::nanoseconds now) {
  last_ = newest;
  run(now);
  if (newest.cluster_ms > estimate_ms(now)) set(newest.cluster_ms, now);
}

void ClusterClock::set(uint64_t cluster_ms, std::chrono::nanoseconds now) {
  offset_ms_ = static_cast<int64_t>(cluster_ms) - to_ms(now);
  floor_ms_ = cluster_ms;
}

void ClusterClock::run(std::chrono::nanoseconds now) {
  if (running_) return;
  offset_ms_ = static_cast<int64_t>(floor_ms_.load()) - to_ms(now);
  running_ = true;
}

void ClusterClock::heard(uint64_t cluster_ms, std::chrono::nanoseconds now) {
  set(std::max(committed_ms_, cluster_ms), now);
  running_ = true;
}

void ClusterClock::stand_still(std::chrono::nanoseconds now) {
  floor_ms_ = estimate_ms(now);
  running_ = false;
}

uint64_t ClusterClock::estimate_ms(std::chrono::nanoseconds now) const {
  const uint64_t floor = floor_ms_.load(std::memory_order_relaxed);
  if (!running_.load(std::memory_order_relaxed)) return floor;
  const int64_t local = to_ms(now) + offset_ms_.load(std::memory_order_relaxed);
  return std::max(floor, static_cast<uint64_t>(std::max<int64_t>(0, local)));
}

Stamp ClusterClock::next_stamp(std::chrono::nanoseconds now, int64_t wall_ns) {
  last_.cluster_ms = std::max(last_.cluster_ms, estimate_ms(now));
  last_.wall_ns = std::max(last_.wall_ns, wall_ns);
  return last_;
}

}  // namespace viaduct::server
