// Durations counted in buckets whose bounds double: cheap enough for every request, exact enough for a quantile.
// Threads: observe() from any, relaxed; a sample taken meanwhile may miss the newest observations.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace viaduct {

// What a histogram held at one moment. Samples of histograms with the same bounds can be added up.
struct HistogramSample {
  std::vector<double> bounds_seconds;  // upper ones, inclusive
  std::vector<uint64_t> counts;        // one more than bounds: the last is for what is beyond them
  double sum_seconds = 0;

  uint64_t total() const {
    uint64_t total = 0;
    for (const uint64_t count : counts) total += count;
    return total;
  }
  void add(const HistogramSample& other) {
    if (counts.empty()) *this = HistogramSample{other.bounds_seconds, std::vector<uint64_t>(other.counts.size()), 0};
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum_seconds += other.sum_seconds;
  }
};

// Bounds are first_ns, 2 * first_ns, ... kBounds of them.
template <uint64_t first_ns, size_t kBounds>
class Histogram {
 public:
  void observe(std::chrono::nanoseconds duration) {
    const auto ns = static_cast<uint64_t>(std::max<int64_t>(0, duration.count()));
    counts_[bucket_of(ns)].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(ns, std::memory_order_relaxed);
  }

  HistogramSample sample() const {
    HistogramSample sample;
    for (size_t i = 0; i < kBounds; ++i) sample.bounds_seconds.push_back(static_cast<double>(first_ns << i) / 1e9);
    for (const auto& count : counts_) sample.counts.push_back(count.load(std::memory_order_relaxed));
    sample.sum_seconds = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) / 1e9;
    return sample;
  }

 private:
  static size_t bucket_of(uint64_t ns) {
    if (ns <= first_ns) return 0;
    return std::min<size_t>(kBounds, std::bit_width((ns - 1) / first_ns));
  }

  std::array<std::atomic<uint64_t>, kBounds + 1> counts_{};
  std::atomic<uint64_t> sum_ns_{0};
};

}  // namespace viaduct
