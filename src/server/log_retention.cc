#include "server/log_retention.h"

#include <algorithm>

namespace viaduct::server {

void LogRetention::appended(Index last, uint64_t bytes) {
  bytes_ += bytes;
  if (positions_.empty() || bytes_ - positions_.back().bytes >= limits_.step_bytes)
    positions_.push_back({last, bytes_});
}

// Bytes up to the mark are not known exactly: the last position at or below it stands for them, so rather too much is
// kept than too little.
Index LogRetention::cut_point(Index mark, const LogNeeds& needs) {
  const auto after_mark =
      std::find_if(positions_.begin(), positions_.end(), [&](const Position& p) { return p.index > mark; });
  if (after_mark == positions_.begin() || mark.value <= limits_.entries) return Index();
  const auto at_mark = std::prev(after_mark);
  Index cut = std::min(with_behind(at_mark, limits_.bytes), Index(mark.value - limits_.entries));
  cut = std::min(cut, std::max(needs.follower, with_behind(at_mark, limits_.bytes_for_follower)));
  cut = std::min(cut, needs.snapshot);
  while (positions_.size() > 1 && positions_.front().index < cut) positions_.pop_front();
  return cut;
}

// The newest position with at least so many bytes between it and the mark; 0 if there is none.
Index LogRetention::with_behind(Positions::const_iterator at_mark, uint64_t bytes) const {
  const auto enough = [&](const Position& p) { return at_mark->bytes - p.bytes >= bytes; };
  const auto first_too_near = std::partition_point(positions_.begin(), at_mark, enough);
  return first_too_near == positions_.begin() ? Index() : std::prev(first_too_near)->index;
}

}  // namespace viaduct::server
