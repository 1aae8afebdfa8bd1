// Memberships that the apply thread has just made, on their way to the raft thread, which takes each up before it hears
// that its entry is applied (raft.h, apply_configuration()).
// Threads: push() on the apply thread, before the index is published as applied; take() on the raft thread.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

class AppliedConfigurations {
 public:
  using Members = std::vector<v3bridge::Member>;

  // `wake` gets the raft thread to look.
  explicit AppliedConfigurations(std::function<void()> wake) : wake_(std::move(wake)) {}

  void push(Index index, Members members) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.emplace_back(index, std::move(members));
      any_ = true;
    }
    wake_();
  }

  // Those of entries behind `known` up to `applied`, oldest first. Older ones are dropped: an installed state, which
  // has its own, came in while the apply thread was still at what is before it.
  std::vector<Members> take(Index known, Index applied) {
    std::vector<Members> taken;
    if (!any_) return taken;
    const std::lock_guard lock(mutex_);
    for (; !waiting_.empty() && waiting_.front().first <= applied; waiting_.pop_front()) {
      if (waiting_.front().first > known) taken.push_back(std::move(waiting_.front().second));
    }
    any_ = !waiting_.empty();
    return taken;
  }

 private:
  const std::function<void()> wake_;
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::deque<std::pair<Index, Members>> waiting_;
};

}  // namespace viaduct::server
