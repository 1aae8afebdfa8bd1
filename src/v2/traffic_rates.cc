#include "v2/traffic_rates.h"

namespace viaduct::v2 {
namespace {

constexpr std::chrono::seconds kShortest{1};

// A total falls when a member goes, and its share with it.
double rate(uint64_t before, uint64_t now, double seconds) {
  return now > before ? static_cast<double>(now - before) / seconds : 0;
}

}  // namespace

TrafficRates TrafficMeter::look(std::chrono::nanoseconds now, const TrafficTotals& totals) {
  const std::lock_guard lock(mutex_);
  if (now - newer_.at >= kShortest) {
    older_ = newer_;
    newer_ = {now, totals};
  }
  TrafficRates rates;
  if (now - older_.at < kShortest) return rates;
  const TrafficTotals& before = older_.totals;
  const double seconds = std::chrono::duration<double>(now - older_.at).count();
  rates.appends_received = rate(before.appends_received, totals.appends_received, seconds);
  rates.appends_sent = rate(before.appends_sent, totals.appends_sent, seconds);
  if (rates.appends_received > 0) rates.bytes_received = rate(before.bytes_received, totals.bytes_received, seconds);
  if (rates.appends_sent > 0) rates.bytes_sent = rate(before.bytes_sent, totals.bytes_sent, seconds);
  return rates;
}

}  // namespace viaduct::v2
