// What the caller does next. Taking a Ready accepts it; the next one goes on from there, even while the writes of this
// one are still under way.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/entry.h"
#include "base/ids.h"
#include "raft/message.h"

namespace viaduct::raft {

using WriteSequence = Id<struct WriteSequenceTag>;  // one Ready; rises by one with each
using ReadToken = Id<struct ReadTokenTag>;          // one read_index(); unique and rising

// How a read_index() ended. With an index: the read is linearizable once that index is applied. Without: leadership was
// lost before a quorum confirmed it, so the caller asks again, here or at the new leader.
struct ReadResult {
  ReadToken token;
  std::optional<Index> index;
};

// Entries from `first` on are wanted for a follower, but the log's cache has dropped them: the caller reads about
// `max_bytes` of them from its log and answers with Raft::fetched().
struct Fetch {
  MemberId follower;
  Term term;
  Index first;
  uint64_t max_bytes = 0;
};

struct Ready {
  WriteSequence sequence;                // what Raft::persisted() is told after step 2's condition holds
  std::optional<HardState> hard_state;   // 1. write this
  std::vector<EntryPtr> entries;         //    and these, then sync; one at or below the last index written replaces
                                         //    it and all behind it
  std::vector<Message> messages_now;     //    sent while the sync runs: a leader's appends and heartbeats
  std::vector<Message> messages_synced;  // 2. sent once this Ready and all before it are durable, then persisted():
                                         //    a vote or an ack must not outrun the disk
  std::vector<EntryPtr> committed;       // 3. apply, in order, then Raft::applied(); durable here already
  std::vector<ReadResult> reads;         //    and these, in any order:
  std::vector<MemberId> snapshots;       //    send one to each, which is behind the log; then Raft::snapshot_sent()
  std::vector<Fetch> fetches;

  bool must_sync() const { return hard_state.has_value(); }  // entries never come without it
};

}  // namespace viaduct::raft
