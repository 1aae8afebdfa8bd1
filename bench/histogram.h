// Latencies in buckets that keep two significant digits: 64 linear buckets per power of two, so a quantile is at most
// 1/64 below the truth however long the run, in 32 KB and a few nanoseconds per value.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace viaduct::bench {

class Histogram {
 public:
  void add(std::chrono::nanoseconds latency);
  uint64_t count() const { return count_; }

  // The lower bound of the bucket that holds the value of rank ceil(fraction * count()); zero when empty.
  std::chrono::nanoseconds quantile(double fraction) const;

 private:
  static constexpr unsigned kLinearBits = 6;
  static constexpr uint64_t kLinear = 1 << kLinearBits;
  static size_t bucket_of(uint64_t ns);
  static uint64_t lower_bound_of(size_t bucket);

  std::array<uint64_t, (64 - kLinearBits + 1) * kLinear> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace viaduct::bench
