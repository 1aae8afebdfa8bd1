// Whether one follower counts towards a quorum, as its leader sees it (CC-12). A follower that has lost part of its log
// says so, and counts for nothing until it has all again that was committed when it came back: up to the commit index
// of a leader that a quorum has confirmed since. One that has lost part of its log without knowing, because it started
// from data of an earlier day or from none, gives itself away by lacking what it once acknowledged, and counts for
// nothing ever again (RB-38).
//
// Invariant: incarnations rise with each start of the follower; what an older one said stands for a log that is gone.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "raft/message.h"

namespace viaduct::raft {

class Standing {
 public:
  enum class Speaker {
    kKnown,  // the incarnation heard so far
    kNew,    // the follower has started anew, and is to be probed anew
    kOld,    // from before a start that is known of: to be dropped
  };

  Speaker heard(uint64_t incarnation);  // a reply of it came
  // After kNew: what the incarnation before had acknowledged; of term 0 if the leader does not know that any more.
  void had(EntryId match);
  // What the reply to an append says of itself. `next_round`: the next round of heartbeats to begin.
  void told(bool quarantined, Round next_round);
  // It rejected an append behind `previous` with `hint`. Returns whether that gives a loss away for the first time.
  bool rejected(Index previous, EntryId hint);

  // A quorum has answered `round`, and the leader knows that `commit` is committed.
  void confirmed(Round round, Index commit);
  bool awaits_confirmation() const { return trust_ == Trust::kQuarantined && !release_at_; }
  // The incarnation to be released from quarantine, given how far it matches; 0 if it is not.
  uint64_t released(Index match) const;

  bool counts() const { return trust_ == Trust::kUnheard || trust_ == Trust::kFull; }

 private:
  enum class Trust {
    kUnheard,    // in this term; it has acknowledged nothing either
    kRestarted,  // its first reply to an append will tell
    kQuarantined,
    kFull,
    kLost,
  };

  std::optional<uint64_t> incarnation_;
  Trust trust_ = Trust::kUnheard;
  EntryId acknowledged_;  // by earlier incarnations
  Round needs_;           // quarantined: the first round that tells a commit index good for release
  std::optional<Index> release_at_;
};

}  // namespace viaduct::raft
