#include "wal/log_state.h"

#include <algorithm>
#include <cassert>

namespace viaduct::wal {

LogState::LogState(const SegmentHeader& header)
    : hard_state_(header.hard_state),
      mark_(header.mark),
      last_(header.last.index),
      runs_({{header.last.index, header.last.term}}) {}

Refusal LogState::add_entry(Index index, Term new_term) {
  if (index > last_.next()) return "an entry that leaves a gap before it";
  if (index <= hard_state_.commit) return "an entry in place of a committed one";
  if (index <= last_ && term(index) == new_term) return "an entry in place of one of the same term";
  const std::optional<Term> before = term(index.previous());
  if (before && *before > new_term) return "an entry of a lower term than the one before it";

  while (!runs_.empty() && runs_.back().from >= index) runs_.pop_back();
  if (runs_.empty() || runs_.back().term != new_term) runs_.push_back({index, new_term});
  last_ = index;
  return nullptr;
}

Refusal LogState::add_hard_state(const HardState& next) {
  if (next.term < hard_state_.term) return "a term below an earlier one";
  if (next.commit < hard_state_.commit) return "a commit below an earlier one";
  const bool voted_before = next.term == hard_state_.term && hard_state_.vote;
  if (voted_before && next.vote != hard_state_.vote) return "a second vote in one term";
  hard_state_ = next;
  return nullptr;
}

Refusal LogState::add_mark(const Mark& next) {
  if (next.index < mark_.index) return "a mark below an earlier one";
  if (replaced_by(next)) {
    last_ = next.index;
    runs_ = {{next.index, next.term}};
  }
  mark_ = next;
  hard_state_.commit = std::max(hard_state_.commit, next.index);
  return nullptr;
}

Refusal LogState::end_frame() const { return hard_state_.commit > last_ ? "a commit beyond the last entry" : nullptr; }

bool LogState::replaced_by(const Mark& next) const {
  const std::optional<Term> kept = term(next.index);
  return next.index > last_ || (kept && *kept != next.term);
}

std::optional<Term> LogState::term(Index index) const {
  if (index > last_ || index < runs_.front().from) return {};
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                      [](Index wanted, const Run& run) { return wanted < run.from; });
  return std::prev(after)->term;
}

Mark LogState::end() const { return Mark{last_, runs_.back().term}; }

void LogState::forget_before(Index index) {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                      [](Index wanted, const Run& run) { return wanted < run.from; });
  if (after == runs_.begin()) return;
  runs_.erase(runs_.begin(), std::prev(after));
  runs_.front().from = std::max(runs_.front().from, index);
}

}  // namespace viaduct::wal
