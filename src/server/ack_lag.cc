#include "server/ack_lag.h"

#include <algorithm>

namespace viaduct::server {

using std::chrono::nanoseconds;

void AckLag::handed_over(uint64_t stamp_ms, uint64_t cluster_ms, nanoseconds now) {
  if (cluster_ms < stamp_ms + kWorthNotingMs) return;
  if (!notes_.empty() && notes_.back().stamp_ms == stamp_ms) notes_.pop_back();
  notes_.push_back({stamp_ms, now});
  if (notes_.size() > kMaxNotes) notes_.pop_front();
}

std::optional<nanoseconds> AckLag::late(uint64_t stamp_ms) const {
  const auto note = std::lower_bound(notes_.begin(), notes_.end(), stamp_ms,
                                     [](const Note& n, uint64_t stamp) { return n.stamp_ms < stamp; });
  if (note == notes_.end() || note->stamp_ms != stamp_ms) return std::nullopt;
  return note->handed_over;
}

}  // namespace viaduct::server
