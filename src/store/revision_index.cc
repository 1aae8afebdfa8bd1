#include "store/revision_index.h"

#include <algorithm>
#include <cassert>

namespace viaduct::store {

void RevisionIndex::start(Revision revision, Seq last) {
  assert(last.value >= revision.value);
  runs_.assign(1, {revision, last.value - revision.value});
  newest_ = revision;
}

bool RevisionIndex::extend(Revision revision, Seq last) {
  if (revision != newest_ && revision != newest_.next()) return false;
  if (last <= last_seq(newest_)) return false;
  newest_ = revision;
  const uint64_t distance = last.value - revision.value;
  if (runs_.back().first == revision)
    runs_.back().distance = distance;
  else if (runs_.back().distance != distance)
    runs_.push_back({revision, distance});
  return true;
}

void RevisionIndex::forget_before(Revision revision) {
  while (runs_.size() > 1 && runs_[1].first <= revision) runs_.pop_front();
}

Seq RevisionIndex::last_seq(Revision revision) const {
  assert(!runs_.empty() && revision >= runs_.front().first && revision <= newest_);
  const auto after =
      std::partition_point(runs_.begin(), runs_.end(), [&](const Run& run) { return run.first <= revision; });
  return Seq(revision.value + std::prev(after)->distance);
}

Seq RevisionIndex::first_seq(Revision revision) const {
  return last_seq(revision == runs_.front().first ? revision : revision.previous()).next();
}

}  // namespace viaduct::store
