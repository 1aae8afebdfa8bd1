#include "server/inbox.h"

#include <utility>

namespace viaduct::server {

bool Inbox::push_proposal(Proposal& proposal) {
  const std::lock_guard lock(mutex_);
  const bool full = waiting_.proposals.size() >= limits_.proposals || bytes_ + proposal.data.size() > limits_.bytes;
  if (closed_ || full) return false;
  bytes_ += proposal.data.size();
  waiting_.proposals.push_back(std::move(proposal));
  wake();
  return true;
}

bool Inbox::push_read(std::unique_ptr<v3bridge::Completion>& read) {
  const std::lock_guard lock(mutex_);
  if (closed_ || waiting_.reads.size() >= limits_.reads) return false;
  waiting_.reads.push_back(std::move(read));
  wake();
  return true;
}

void Inbox::push_function(std::function<void()> function) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  waiting_.functions.push_back(std::move(function));
  wake();
}

void Inbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  wake();
}

bool Inbox::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

bool Inbox::empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

void Inbox::take(Batch& batch, std::chrono::nanoseconds timeout) {
  std::unique_lock lock(mutex_);
  sleeping_ = true;
  arrived_.wait_for(lock, timeout, [this] { return closed_ || !waiting_.empty(); });
  sleeping_ = false;
  std::swap(batch, waiting_);
  bytes_ = 0;
}

// Only the first to arrive pays for waking the thread.
void Inbox::wake() {
  if (!sleeping_) return;
  sleeping_ = false;
  arrived_.notify_one();
}

}  // namespace viaduct::server
