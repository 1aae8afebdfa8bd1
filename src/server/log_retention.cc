#include "server/log_retention.h"

#include <algorithm>

namespace viaduct::server {

void LogRetention::appended(Index last, uint64_t bytes) {
  bytes_ += bytes;
  if (positions_.empty() || bytes_ - positions_.back().bytes >= kStepBytes) positions_.push_back({last, bytes_});
}

Index LogRetention::cut_point(Index mark) {
  // The newest position at or below the mark with enough bytes between the two. Bytes up to the mark are not known
  // exactly: the last position at or below it stands for them, so rather too much is kept than too little.
  const auto after_mark = std::find_if(positions_.begin(), positions_.end(), [&](const Position& p) { return p.index > mark; });
  if (after_mark == positions_.begin()) return Index();
  const uint64_t bytes_at_mark = std::prev(after_mark)->bytes;
  Index cut;
  while (positions_.size() > 1 && positions_.front().index <= mark && bytes_at_mark - positions_.front().bytes >= kKeepBytes) {
    cut = positions_.front().index;
    positions_.pop_front();
  }
  return mark.value > kKeepEntries ? std::min(cut, Index(mark.value - kKeepEntries)) : Index();
}

}  // namespace viaduct::server
