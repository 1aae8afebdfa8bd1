// How fast this member exchanges appends with the others, for /v2/stats/self.
// etcd looks at its last 200 messages; here it is what was counted between two looks, at least a second apart, so that
// nothing has to tick and several who ask do not spoil each other's figures.
// Threads: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

namespace viaduct::v2 {

struct TrafficTotals {  // with all members, since the process started
  uint64_t appends_received = 0, bytes_received = 0;
  uint64_t appends_sent = 0, bytes_sent = 0;
};

struct TrafficRates {  // per second; bytes only where there are appends
  double appends_received = 0, bytes_received = 0;
  double appends_sent = 0, bytes_sent = 0;
};

class TrafficMeter {
 public:
  explicit TrafficMeter(std::chrono::nanoseconds start) : older_{start, {}}, newer_{start, {}} {}

  // `now` on the clock of `start`, `totals` at that moment.
  TrafficRates look(std::chrono::nanoseconds now, const TrafficTotals& totals);

 private:
  struct Look {
    std::chrono::nanoseconds at;
    TrafficTotals totals;
  };

  std::mutex mutex_;
  Look older_, newer_;
};

}  // namespace viaduct::v2
