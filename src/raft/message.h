// What members say to each other: the RPCs of the raft paper's figure 2 as one-way messages. A reply is matched by what
// it says, not by the request it answers, so that loss, repetition and reordering are all the same to the receiver.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/entry.h"
#include "base/ids.h"

namespace viaduct::raft {

// Index and term name an entry, and by the log matching property everything before it.
struct EntryId {
  Index index;
  Term term;

  bool operator==(const EntryId&) const = default;
};

using Round = Id<struct RoundTag>;  // one broadcast of heartbeats; rises within a leader's term

// Would you vote for me in `Message::term`, the term after mine? Moves no term on either side.
struct PreVoteRequest {
  EntryId last;  // the candidate's last entry
};
// Granted: `Message::term` is the term asked about. Refused: it is the answering member's own.
struct PreVoteReply {
  bool granted = false;
  EntryId commit = {};  // the last entry that the answering member knows to be committed
};

struct VoteRequest {
  EntryId last;
  bool transfer = false;  // the leader itself asked for this election (dissertation 3.10), so hearing it is no obstacle
};
struct VoteReply {
  bool granted = false;
  EntryId commit = {};
};

struct AppendRequest {
  EntryId previous;  // the entry before the first of `entries`
  std::vector<EntryPtr> entries;
  Index commit;
};
// Accepted: the log equals the leader's up to `index`, and is durable up to there (INV-R7). Rejected: it has no entry
// like `index`, the request's previous one; the leader should try at or before `hint`.
struct AppendReply {
  bool accepted = false;
  Index index;
  EntryId hint;              // rejected only: the follower's last entry that might match
  bool quarantined = false;  // the sender has lost part of its log: this acknowledges nothing towards commit (CC-12)
};

struct Heartbeat {
  Index commit;  // never above what this follower is known to have
  Round round;
  uint64_t released = 0;  // the incarnation of the receiver that has all again that was committed before it (CC-12)
};
struct HeartbeatReply {
  Round round;
};

// Stand for election at once, without a pre-vote (dissertation 3.10). The receiver has all of the leader's log.
struct TimeoutNow {};

using MessageBody = std::variant<PreVoteRequest, PreVoteReply, VoteRequest, VoteReply, AppendRequest, AppendReply,
                                 Heartbeat, HeartbeatReply, TimeoutNow>;

struct Message {
  MemberId from;
  MemberId to;
  Term term;                 // the sender's, but for a pre-vote and the grant of one
  uint64_t incarnation = 0;  // of the sender: one start of its process
  MessageBody body;
};

}  // namespace viaduct::raft
