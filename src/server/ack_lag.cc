#include "server/ack_lag.h"

#include <algorithm>

namespace viaduct::server {

void AckLag::handed_over(uint64_t stamp_ms, uint64_t now_ms) {
  const uint64_t lag_ms = now_ms > stamp_ms ? now_ms - stamp_ms : 0;
  if (lag_ms < kWorthNotingMs) return;
  if (!notes_.empty() && notes_.back().stamp_ms >= stamp_ms) return;  // one batch has one stamp
  notes_.push_back({stamp_ms, lag_ms});
  if (notes_.size() > kMaxNotes) notes_.pop_front();
}

uint64_t AckLag::of(uint64_t stamp_ms) const {
  const auto note = std::lower_bound(notes_.begin(), notes_.end(), stamp_ms,
                                     [](const Note& n, uint64_t stamp) { return n.stamp_ms < stamp; });
  return note != notes_.end() && note->stamp_ms == stamp_ms ? note->lag_ms : 0;
}

}  // namespace viaduct::server
