#include "server/cluster_clock.h"

#include <algorithm>

namespace viaduct::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

int64_t offset(uint64_t cluster_ms, nanoseconds now) { return (milliseconds(cluster_ms) - now).count(); }

}  // namespace

void ClusterClock::observe(const Stamp& stamp, nanoseconds now) {
  committed_ms_ = std::max(committed_ms_, stamp.cluster_ms);
  if (stamp.cluster_ms > estimate_ms(now)) set(stamp.cluster_ms, now);
}

void ClusterClock::lead(const Stamp& newest, nanoseconds now) {
  last_ = newest;
  run(now);
  if (newest.cluster_ms > estimate_ms(now)) set(newest.cluster_ms, now);
}

void ClusterClock::set(uint64_t cluster_ms, nanoseconds now) {
  offset_ns_ = offset(cluster_ms, now);
  floor_ms_ = cluster_ms;
}

void ClusterClock::run(nanoseconds now) {
  if (running_) return;
  offset_ns_ = offset(floor_ms_, now);
  running_ = true;
}

void ClusterClock::heard(uint64_t cluster_ms, nanoseconds now) {
  set(std::max(committed_ms_, cluster_ms), now);
  running_ = true;
}

void ClusterClock::stand_still(nanoseconds now) {
  floor_ms_ = estimate_ms(now);
  running_ = false;
}

uint64_t ClusterClock::estimate_ms(nanoseconds now) const {
  const uint64_t floor = floor_ms_.load(std::memory_order_relaxed);
  if (!running_.load(std::memory_order_relaxed)) return floor;
  const nanoseconds local = now + nanoseconds(offset_ns_.load(std::memory_order_relaxed));
  return std::max(floor, static_cast<uint64_t>(std::max<int64_t>(0, local / milliseconds(1))));
}

Stamp ClusterClock::next_stamp(nanoseconds now, int64_t wall_ns) {
  last_.cluster_ms = std::max(last_.cluster_ms, estimate_ms(now));
  last_.wall_ns = std::max(last_.wall_ns, wall_ns);
  return last_;
}

}  // namespace viaduct::server
