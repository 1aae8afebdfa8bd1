#include "server/inbox.h"

#include <utility>

namespace viaduct::server {

bool Inbox::push_proposal(Proposal& proposal) {
  std::unique_lock lock(mutex_);
  const bool full = waiting_.proposals.size() >= limits_.proposals || bytes_ + proposal.data.size() > limits_.bytes;
  if (closed_ || full) return false;
  bytes_ += proposal.data.size();
  waiting_.proposals.push_back(std::move(proposal));
  wake(lock);
  return true;
}

bool Inbox::push_read(std::unique_ptr<v3bridge::Completion>& read) {
  std::unique_lock lock(mutex_);
  if (closed_ || waiting_.reads.size() >= limits_.reads) return false;
  waiting_.reads.push_back(std::move(read));
  wake(lock);
  return true;
}

bool Inbox::push_frames(ReceivedFrames& frames) {
  size_t bytes = 0;
  for (const peer::Frame& frame : frames.frames) bytes += peer::weight_of(frame);
  std::unique_lock lock(mutex_);
  if (closed_ || frame_bytes_ + bytes > limits_.frame_bytes) return false;
  frame_bytes_ += bytes;
  waiting_.received.push_back(std::move(frames));
  wake(lock);
  return true;
}

bool Inbox::push_function(std::function<void()> function) {
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  waiting_.functions.push_back(std::move(function));
  wake(lock);
  return true;
}

void Inbox::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  wake(lock);
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
  bytes_ = frame_bytes_ = 0;
}

// Only the first to arrive pays for waking the thread, which shall not wake into a lock that is held.
void Inbox::wake(std::unique_lock<std::mutex>& lock) {
  const bool sleeping = std::exchange(sleeping_, false);
  lock.unlock();
  if (sleeping) arrived_.notify_one();
}

}  // namespace viaduct::server
