#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace viaduct::bench {

// Below 2 * kLinear a value is its own bucket. Above, its leading bit picks the group and the six bits behind that the
// bucket within it.
size_t Histogram::bucket_of(uint64_t ns) {
  if (ns < 2 * kLinear) return ns;
  const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - kLinearBits - 1;
  return shift * kLinear + (ns >> shift);
}

uint64_t Histogram::lower_bound_of(size_t bucket) {
  if (bucket < 2 * kLinear) return bucket;
  const unsigned shift = static_cast<unsigned>(bucket / kLinear) - 1;
  return (kLinear + bucket % kLinear) << shift;
}

void Histogram::add(std::chrono::nanoseconds latency) {
  ++buckets_[bucket_of(static_cast<uint64_t>(std::max<int64_t>(latency.count(), 0)))];
  ++count_;
}

std::chrono::nanoseconds Histogram::quantile(double fraction) const {
  const auto rank = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= rank) return std::chrono::nanoseconds(lower_bound_of(bucket));
  }
  return {};
}

}  // namespace viaduct::bench
