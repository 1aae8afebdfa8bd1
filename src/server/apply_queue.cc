#include "server/apply_queue.h"

#include <cassert>
#include <iterator>
#include <utility>

namespace viaduct::server {
namespace {

template <typename T>
void move_all(std::vector<T>& from, std::vector<T>& to) {
  if (to.empty()) {
    std::swap(from, to);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
  from.clear();
}

}  // namespace

void ApplyQueue::push(Batch& batch) {
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    move_all(batch.entries, waiting_.entries);
    move_all(batch.reads, waiting_.reads);
    assert(!(batch.installation && waiting_.installation));  // the next one comes when this one is done
    if (batch.installation) waiting_.installation = std::exchange(batch.installation, std::nullopt);
    wake = std::exchange(sleeping_, false);
  }
  if (wake) arrived_.notify_one();
}

void ApplyQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  arrived_.notify_one();
}

void ApplyQueue::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  arrived_.notify_one();
}

bool ApplyQueue::wait(bool wait) {
  std::unique_lock lock(mutex_);
  sleeping_ = wait;
  if (wait) arrived_.wait(lock, [this] { return closed_ || woken_ || !waiting_.empty(); });
  sleeping_ = false;
  woken_ = false;
  return !closed_ || !waiting_.empty();
}

void ApplyQueue::take(Batch& batch) {
  const std::lock_guard lock(mutex_);
  std::swap(batch, waiting_);
}

bool ApplyQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

}  // namespace viaduct::server
