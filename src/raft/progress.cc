#include "raft/progress.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace viaduct::raft {

void Window::sent(Index last, uint64_t bytes) {
  assert(appends_.empty() || appends_.back().last < last);
  appends_.push_back({last, bytes});
  bytes_ += bytes;
}

void Window::acknowledged(Index match) {
  while (!appends_.empty() && appends_.front().last <= match) {
    bytes_ -= appends_.front().bytes;
    appends_.pop_front();
  }
}

void Window::clear() {
  appends_.clear();
  bytes_ = 0;
}

Progress::Progress(Index match, Index next, Window::Limits limits) : match_(match), next_(next), window_(limits) {
  assert(match < next);
}

bool Progress::may_send() const {
  if (fetching) return false;
  switch (state_) {
    case State::kProbe:
      return !probe_sent_;
    case State::kReplicate:
      return !window_.is_full();
    case State::kSnapshot:
      return false;
  }
  assert(false);
}

void Progress::sent(Index last, uint64_t bytes) {
  if (state_ == State::kProbe) probe_sent_ = true;
  if (state_ != State::kReplicate || last < next_) return;
  next_ = last.next();
  window_.sent(last, bytes);
}

bool Progress::accepted(Index index, Index base) {
  const bool news = index > match_;
  match_ = std::max(match_, index);
  next_ = std::max(next_, match_.next());
  window_.acknowledged(match_);
  const bool catches_up = state_ == State::kProbe || (state_ == State::kSnapshot && match_ >= base);
  if (catches_up && index >= match_) enter(State::kReplicate, match_.next());
  return news;
}

bool Progress::rejected(Index previous, Index retry) {
  if (state_ == State::kReplicate && previous > match_) {
    become_probe();
    return true;
  }
  if (state_ != State::kProbe || previous != next_.previous()) return false;
  next_ = std::max(match_.next(), std::min(previous, retry.next()));
  probe_sent_ = false;
  return true;
}

void Progress::become_probe() { enter(State::kProbe, match_.next()); }

void Progress::become_snapshot() { enter(State::kSnapshot, next_); }

void Progress::snapshot_ended(Index installed) {
  if (state_ != State::kSnapshot) return;
  enter(State::kProbe, std::max(match_, installed).next());
  probe_sent_ = true;
}

// A snapshot on its way to the incarnation before is still waited for: its sender reports in any case.
void Progress::restarted(Index next) {
  match_ = commit_sent = Index();
  acknowledged = Round();
  if (state_ != State::kSnapshot) enter(State::kProbe, next);
}

void Progress::check_contact() { was_active_ = std::exchange(active, false); }

void Progress::enter(State state, Index next) {
  state_ = state;
  next_ = next;
  probe_sent_ = false;
  fetching = false;
  window_.clear();
}

}  // namespace viaduct::raft
