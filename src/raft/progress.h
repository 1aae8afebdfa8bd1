// What a leader knows of one follower, and what it may send it next (dissertation 10.2).
// Invariant: match < next (INV-R9). A window with nothing under way counts no messages and no bytes.
#pragma once

#include <cstdint>
#include <deque>

#include "base/ids.h"
#include "raft/message.h"
#include "raft/standing.h"

namespace viaduct::raft {

// The appends under way to one follower, bounded in number and bytes.
class Window {
 public:
  struct Limits {
    size_t messages = 512;
    uint64_t bytes = 32 << 20;
  };
  explicit Window(Limits limits) : limits_(limits) {}

  bool is_full() const { return appends_.size() >= limits_.messages || bytes_ >= limits_.bytes; }
  void sent(Index last, uint64_t bytes);
  void acknowledged(Index match);  // frees every append that ends at or before `match`
  void clear();

  size_t messages() const { return appends_.size(); }
  uint64_t bytes() const { return bytes_; }

 private:
  struct Append {
    Index last;
    uint64_t bytes;
  };

  Limits limits_;
  std::deque<Append> appends_;
  uint64_t bytes_ = 0;
};

class Progress {
 public:
  enum class State {
    kProbe,      // match is a guess: one append at a time until an answer tells
    kReplicate,  // pipelining behind next
    kSnapshot,   // waits for a snapshot: nothing is sent
  };

  Progress(Index match, Index next, Window::Limits limits);

  State state() const { return state_; }
  Index match() const { return match_; }
  Index next() const { return next_; }
  const Window& window() const { return window_; }
  bool may_send() const;                                     // another append, with entries
  bool in_contact() const { return active || was_active_; }  // in this or the last period of the quorum check

  void sent(Index last, uint64_t bytes);  // an append that ends at `last` has left
  void probe_may_repeat() { probe_sent_ = false; }

  // The follower has all up to `index`; the leader's log goes back to `base`. Returns whether that is news.
  bool accepted(Index index, Index base);
  // The follower has no entry like the one at `previous`. Goes back to `retry`, the entry to append behind next time;
  // returns false when the answer is to an append long overtaken.
  bool rejected(Index previous, Index retry);
  void become_probe();
  void become_snapshot();
  void snapshot_ended(Index installed);  // 0: it failed
  void restarted(Index next);            // it may have lost anything: asked anew, from before `next` on
  void check_contact();                  // another period of the quorum check begins

  bool fetching = false;  // the caller is reading entries for it
  bool active = false;    // heard from since the last check of the quorum
  Round acknowledged;     // newest round of heartbeats it answered
  Index commit_sent;      // the commit index it was last told along with an append
  Standing standing;      // whether all this counts

 private:
  void enter(State state, Index next);

  State state_ = State::kProbe;
  Index match_;
  Index next_;
  bool probe_sent_ = false;
  bool was_active_ = false;
  Window window_;
};

}  // namespace viaduct::raft
