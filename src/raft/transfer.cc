// Leadership transfer (dissertation 3.10, RF-11), by order and because of a slow disk (CC-14).
#include <algorithm>

#include "base/mark.h"
#include "raft/raft.h"

namespace viaduct::raft {

Result<void> Raft::transfer_leadership(MemberId to) {
  if (role_ != Role::kLeader) return Error{Code::kUnavailable, "not the leader"};
  if (!configuration_.is_voter(to)) return Error{Code::kInvalidArgument, "the transfer target is no voter"};
  if (to == options_.id) {
    end_transfer();
    return {};
  }
  if (!progress(to)->standing.counts())
    return Error{Code::kUnavailable, "the transfer target has lost part of its log"};
  if (transfer_ && transfer_->to == to) return {};
  transfer_ = Transfer{to};
  replication_due_ = true;
  advance_transfer();
  return {};
}

std::optional<MemberId> Raft::best_successor() const {
  std::optional<MemberId> best;
  for (const auto& [id, follower] : followers_) {
    const bool can_lead = configuration_.is_voter(id) && follower.standing.counts() && follower.in_contact() &&
                          follower.match() >= log_.commit();
    if (can_lead && (!best || follower.match() > progress(*best)->match())) best = id;
  }
  return best;
}

// Called with each answer, so that a lost TimeoutNow is repeated. Of two that arrive the second is of an older term.
void Raft::advance_transfer() {
  if (!transfer_) return;
  const Progress* target = progress(transfer_->to);
  if (target->match() != log_.last_index()) return;
  lease_given_up_ = true;  // even if this fails: the order may arrive late
  send(transfer_->to, TimeoutNow{});
}

void Raft::tick_transfer() {
  if (transfer_ && ++transfer_->ticks >= options_.election_ticks) end_transfer();
}

// It came to nothing. A leader whose disk has stalled goes all the same.
void Raft::end_transfer() {
  VIADUCT_MARK("raft: a transfer comes to nothing");
  transfer_.reset();
  if (holdoff_ > 0) become_follower(hard_.term, MemberId());
}

void Raft::disk_stalled(uint32_t holdoff_ticks) {
  if (configuration_.is_only_voter(options_.id)) return;
  VIADUCT_MARK("raft: a disk has stalled");
  holdoff_ = std::max(holdoff_, holdoff_ticks);
  if (role_ != Role::kLeader || transfer_) return;
  const std::optional<MemberId> successor = best_successor();
  if (!successor) return become_follower(hard_.term, MemberId());
  transfer_ = Transfer{*successor};
  advance_transfer();
}

void Raft::on(const Message& message, const TimeoutNow&) {
  if (hear_leader(message) && may_stand()) stand(Role::kCandidate, true);
}

}  // namespace viaduct::raft
