// Counters behind /v2/stats/store and the v2 series of /metrics that only this API knows. What is written is counted
// where it is applied (v3bridge/counts.h).
// Threads: any; relaxed.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/histogram.h"
#include "base/per_thread.h"
#include "v3bridge/counts.h"

namespace viaduct::v2 {

// Reads of the store and parked watches.
class KeyStats {
 public:
  void count_get(bool recursive, bool success) {
    reads_.local()[recursive][success].fetch_add(1, std::memory_order_relaxed);
  }
  void watch_started() {
    watch_requests_.fetch_add(1, std::memory_order_relaxed);
    watchers_.fetch_add(1, std::memory_order_relaxed);
  }
  void watch_ended() { watchers_.fetch_sub(1, std::memory_order_relaxed); }

  uint64_t gets(bool recursive, bool success) const {
    uint64_t total = 0;
    reads_.each([&](const Reads& reads) { total += reads[recursive][success].load(std::memory_order_relaxed); });
    return total;
  }
  uint64_t gets_success() const { return gets(false, true) + gets(true, true); }
  uint64_t gets_fail() const { return gets(false, false) + gets(true, false); }
  uint64_t watch_requests() const { return watch_requests_.load(std::memory_order_relaxed); }
  size_t watchers() const { return watchers_.load(std::memory_order_relaxed); }

 private:
  using Reads = std::array<std::array<std::atomic<uint64_t>, 2>, 2>;  // [recursive][success]
  PerThread<Reads> reads_;
  std::atomic<uint64_t> watch_requests_{0};
  std::atomic<size_t> watchers_{0};
};

// Requests of /v2/keys as etcd's etcd_http_* series count them (v2-api.md 3.4): received once understood, then
// successful with the time they took, or failed. A watch counts only when it is refused.
class RequestStats {
 public:
  enum class Kind { kGet, kQuorumGet, kHead, kPut, kPost, kDelete };
  static constexpr std::array<std::string_view, 6> kNames = {"GET", "QGET", "HEAD", "PUT", "POST", "DELETE"};
  static constexpr std::array<int, 7> kStatuses = {400, 401, 403, 404, 412, 429, 500};
  using Durations = Histogram<500'000, 13>;

  void received(Kind kind) { of(kind).received.fetch_add(1, std::memory_order_relaxed); }
  void succeeded(Kind kind, std::chrono::nanoseconds took) { of(kind).durations.observe(took); }
  void failed(Kind kind, int status) { of(kind).failed[slot_of(status)].fetch_add(1, std::memory_order_relaxed); }

  struct Totals {
    uint64_t received = 0;
    std::array<uint64_t, kStatuses.size()> failed{};
    HistogramSample durations;
  };
  Totals totals(Kind kind) const;

 private:
  struct Counts {
    std::atomic<uint64_t> received{0};
    std::array<std::atomic<uint64_t>, kStatuses.size()> failed{};
    Durations durations;
  };
  using Table = std::array<Counts, kNames.size()>;

  Counts& of(Kind kind) { return counts_.local()[static_cast<size_t>(kind)]; }
  static size_t slot_of(int status);  // 500's for one that is not in kStatuses

  PerThread<Table> counts_;
};

// Writes by what v2 calls them, in the order of /v2/stats/store.
struct WriteTotals {
  const char* action;
  uint64_t success, failure;
};
std::array<WriteTotals, 6> write_totals(const v3bridge::ApplyCounts& counts);

// Requests refused by a limit of this API (reliability.md 7).
struct LimitCounts {
  using Number = std::atomic<uint64_t>;
  Number form_fields{0};  // all: 400 or 500 with their cause
  Number body_bytes{0};
  Number path_bytes{0};
  Number path_elements{0};
  Number watchers{0};

  static void count(Number& number) { number.fetch_add(1, std::memory_order_relaxed); }
};

}  // namespace viaduct::v2
