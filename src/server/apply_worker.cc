#include "server/apply_worker.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "server/refuse.h"

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
    compacting = compact_some();
  }
  for (auto& completion : compacting_for_)
    refuse(std::move(completion), v3bridge::Refusal::Kind::kStopped, kStoppedText);
}

bool ApplyWorker::compact_some() {
  {
    const std::lock_guard lock(awaiting_mutex_);
    std::move(awaiting_compaction_.begin(), awaiting_compaction_.end(), std::back_inserter(compacting_for_));
    awaiting_compaction_.clear();
  }
  if (applier_.compact_some()) return true;
  for (auto& completion : compacting_for_) {
    Executor& home = completion->home();
    home.post_function([done = std::move(completion)] { done->done({}); });
  }
  compacting_for_.clear();
  return false;
}

void ApplyWorker::await_compaction(std::unique_ptr<v3bridge::Completion> completion) {
  {
    const std::lock_guard lock(awaiting_mutex_);
    awaiting_compaction_.push_back(std::move(completion));
  }
  queue_.wake();
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
