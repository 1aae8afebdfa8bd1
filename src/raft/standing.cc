#include "raft/standing.h"

#include <algorithm>

namespace viaduct::raft {

Standing::Speaker Standing::heard(uint64_t incarnation) {
  if (!incarnation_) incarnation_ = incarnation;
  if (incarnation == *incarnation_) return Speaker::kKnown;
  if (incarnation < *incarnation_) return Speaker::kOld;
  incarnation_ = incarnation;
  release_at_.reset();
  if (trust_ != Trust::kLost) trust_ = Trust::kRestarted;
  return Speaker::kNew;
}

void Standing::had(EntryId match) {
  if (match.index > acknowledged_.index) acknowledged_ = match;
}

// A follower enters quarantine only by a start: to claim it after having been trusted is an old reply that came late.
void Standing::told(bool quarantined, Round next_round) {
  if (trust_ == Trust::kLost || trust_ == Trust::kFull) return;
  if (!quarantined) {
    trust_ = Trust::kFull;
  } else if (trust_ != Trust::kQuarantined) {
    trust_ = Trust::kQuarantined;
    needs_ = next_round;
    acknowledged_ = {};  // all of it may be gone, and this is known
  }
}

// With all that it acknowledged it would have had the entry, or one of no newer term at or behind what it acknowledged,
// and of no older term than that.
bool Standing::rejected(Index previous, EntryId hint) {
  const bool has_less =
      previous <= acknowledged_.index || hint.index < acknowledged_.index || hint.term < acknowledged_.term;
  if (trust_ != Trust::kFull || !has_less) return false;
  trust_ = Trust::kLost;
  return true;
}

void Standing::confirmed(Round round, Index commit) {
  if (awaits_confirmation() && needs_ <= round) release_at_ = commit;
}

uint64_t Standing::released(Index match) const {
  const bool is_whole = trust_ == Trust::kQuarantined && release_at_ && *release_at_ <= match;
  return is_whole ? *incarnation_ : 0;
}

}  // namespace viaduct::raft
