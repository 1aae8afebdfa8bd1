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

void ApplyWorker::install(Installation installation) {
  ApplyQueue::Batch batch;
  batch.installation = std::move(installation);
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
  const auto first_behind = apply_installation(batch);
  apply_entries(first_behind, batch.entries.end());
  batch.entries.clear();
  for (WaitingRead& read : batch.reads) applier_.add_read(std::move(read));
  batch.reads.clear();
}

// With the entries before it. Answers the first one behind.
ApplyWorker::Entries::iterator ApplyWorker::apply_installation(ApplyQueue::Batch& batch) {
  if (!batch.installation) return batch.entries.begin();
  Installation installation = *std::exchange(batch.installation, std::nullopt);
  Index installed;
  {
    const store::Store::ReadLock lock(*installation.store);
    installed = installation.store->applied().index;
  }
  const auto is_before = [&](const Committed& committed) { return committed.entry->index <= installed; };
  const auto behind = std::partition_point(batch.entries.begin(), batch.entries.end(), is_before);
  apply_entries(batch.entries.begin(), behind);
  applier_.install(std::move(installation));
  return behind;
}

void ApplyWorker::apply_entries(Entries::iterator next, Entries::iterator end) {
  std::vector<Committed> group;
  while (next != end) {
    const auto group_end = next + std::min(kMaxGroupEntries, end - next);
    group.assign(std::make_move_iterator(next), std::make_move_iterator(group_end));
    apply_group(group);
    next = group_end;
  }
}

void ApplyWorker::apply_group(std::vector<Committed>& group) {
  const std::chrono::nanoseconds begin = clock_.monotonic();
  applier_.apply(group);
  if (observer_) observer_->group_applied(clock_.monotonic() - begin);
}

}  // namespace viaduct::server
