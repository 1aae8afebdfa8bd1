#include "server/apply_worker.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace viaduct::server {
namespace {

constexpr std::ptrdiff_t kMaxGroupEntries = 1000;  // applied in one LevelDB batch
constexpr size_t kMaxHereEntries = 2;              // of one request, and what a leader may have added

}  // namespace

void ApplyWorker::run() {
  ApplyQueue::Batch batch;
  bool compacting = true;  // a restart may have interrupted one
  while (queue_.wait(!compacting)) {
    const std::lock_guard turn(turn_);
    queue_.take(batch);
    apply(batch);
    compacting = applier_.compact_some();
  }
}

void ApplyWorker::submit(ApplyQueue::Batch& batch, bool alone) {
  if (alone && batch.entries.size() <= kMaxHereEntries && apply_here(batch)) return;
  queue_.push(batch);
}

bool ApplyWorker::apply_here(ApplyQueue::Batch& batch) {
  const std::unique_lock turn(turn_, std::try_to_lock);
  if (!turn || !queue_.empty()) return false;
  apply(batch);
  if (applier_.wants_compaction()) queue_.wake();
  return true;
}

void ApplyWorker::apply(ApplyQueue::Batch& batch) {
  std::vector<Committed> group;
  for (auto next = batch.entries.begin(); next != batch.entries.end();) {
    const auto end = next + std::min(kMaxGroupEntries, batch.entries.end() - next);
    group.assign(std::make_move_iterator(next), std::make_move_iterator(end));
    apply_group(group);
    next = end;
  }
  batch.entries.clear();
  for (WaitingRead& read : batch.reads) applier_.add_read(std::move(read));
  batch.reads.clear();
}

void ApplyWorker::apply_group(std::vector<Committed>& group) {
  const std::chrono::nanoseconds begin = clock_.monotonic();
  applier_.apply(group);
  if (observer_) observer_->group_applied(clock_.monotonic() - begin);
}

}  // namespace viaduct::server
