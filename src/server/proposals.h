// What was proposed through this member, until each is answered by its own entry (D8).
//   leading:    appended here: index and term name the entry
//   following:  forwarded to the leader, who appends it if it still leads in that term: the entry bears our number
// Entries come in order of their terms. So one of a newer term proves that nothing older and unseen can still take
// effect: what was lost with a leader is then free to be proposed again, and a change of leaders costs time but no
// answer.
//
// Threads: the raft thread. Bounds: what is forwarded or waits for a leader, by number and bytes.
#pragma once

#include <absl/container/btree_map.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/entry.h"
#include "base/ids.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

class Proposals {
 public:
  using CompletionPtr = std::unique_ptr<v3bridge::Completion>;

  struct Limits {
    size_t count = 20'000;
    size_t bytes = 64 << 20;
  };

  struct Waiting {
    uint64_t id = 0;
    EntryType type = EntryType::kCommand;
    std::string data;  // stamped.h; may be empty while `entry` is there
    EntryPtr entry;    // of one appended here
    Index index;       // of that
    Term sent;         // the term in which it was appended or forwarded last; 0: not under way
    std::chrono::nanoseconds started{0};
    std::chrono::nanoseconds deadline{0};
    CompletionPtr completion;  // null: nobody waits, or not any more
  };

  Proposals(MemberId self, uint64_t incarnation, const Limits& limits)
      : self_(self), incarnation_(incarnation), limits_(limits) {}

  // False when there is no room for one more that is not in this member's log.
  bool has_room(size_t bytes) const { return others_.size() < limits_.count && bytes_ + bytes <= limits_.bytes; }

  void appended(Waiting waiting);  // with index, entry and term; in order of indexes
  void keep(Waiting waiting);      // forwarded, or waiting to be
  size_t idle() const { return idle_; }
  bool contains(uint64_t id) const { return others_.contains(id); }
  // Those not under way, in order of their numbers, until `visit` says to stop. It sets Waiting::sent of what it
  // forwards.
  enum class Fate { kStays, kTaken, kStop };
  void each_idle(const std::function<Fate(Waiting&)>& visit);

  // Each committed entry once, in order. Answers whose proposal it was, if it was of this member and someone waits.
  CompletionPtr committed(const Entry& entry);
  // The leader of `term` did not append it. Answers the proposal if it is to be refused for good; else it is idle
  // again.
  void not_appended(uint64_t id, Term term);
  CompletionPtr refused(uint64_t id, Term term);
  // A snapshot took the place of the entries up to `last`: what may have been among them has an unknown outcome.
  std::vector<CompletionPtr> covered(Index last, Term last_term);
  // Answers nobody waits for longer; `started` tells since when each did.
  struct Overdue {
    std::chrono::nanoseconds started;
    CompletionPtr completion;
  };
  std::vector<Overdue> overdue(std::chrono::nanoseconds now);
  std::vector<CompletionPtr> all();  // at the end

  bool empty() const { return size() == 0; }
  size_t size() const { return appended_.size() + others_.size(); }

 private:
  using Others = absl::btree_map<uint64_t, Waiting>;

  void end_older_terms(Term newest);
  void end_front();
  Waiting take(Others::iterator at);

  const MemberId self_;
  const uint64_t incarnation_;
  const Limits limits_;
  Term newest_term_;              // of the committed entries seen
  std::deque<Waiting> appended_;  // ascending in index
  Others others_;                 // by number
  size_t idle_ = 0;               // of those
  size_t bytes_ = 0;              // of those
};

}  // namespace viaduct::server
