#include "raft/lease.h"

#include <algorithm>

namespace viaduct::raft {

void Lease::tick() {
  ++now_;
  while (!starts_.empty() && now_ - starts_.front().tick >= duration_) starts_.pop_front();
}

void Lease::began(Round round) {
  if (starts_.empty() || starts_.back().tick < now_) starts_.push_back({round, now_});
}

bool Lease::holds(Round confirmed) const {
  const auto is_answered = [confirmed](const Start& start) { return start.first <= confirmed; };
  return duration_ > 0 && std::any_of(starts_.begin(), starts_.end(), is_answered);
}

}  // namespace viaduct::raft
