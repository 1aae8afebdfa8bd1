// Elections: a pre-vote that moves no term, then the vote (dissertation 3.4, 3.6, 9.6).
#include <algorithm>

#include "base/mark.h"
#include "raft/quorum.h"
#include "raft/raft.h"

namespace viaduct::raft {
namespace {

constexpr uint32_t kHoldoffPatience = 3;  // election timeouts

}  // namespace

void Raft::campaign() {
  if (role_ == Role::kLeader || holds_off() || !may_stand()) return;
  if (options_.lease_reads && has_heard_leader()) return;  // its own vote would break the lease
  holdoff_ = 0;  // if it had not ended, then nobody else can lead: who loses this election may not wait as long again
  stand(Role::kPreCandidate);
}

// A configuration acts when applied, so one that is committed but not applied may have taken this member's vote away.
// And while the vote for the last election is not on the disk there is no point in the next.
bool Raft::may_stand() const {
  if (!has_whole_log() || !configuration_.is_voter(options_.id) || durability_.hard() != hard_) return false;
  for (Index index = log_.applied().next(); index <= log_.commit(); index = index.next()) {
    if (log_.entry(index)->type == EntryType::kConfiguration) return false;
  }
  return true;
}

// All disks may have stalled together, as on shared storage.
bool Raft::holds_off() const {
  return holdoff_ > 0 && ticks_ < kHoldoffPatience * timeout_ && !configuration_.is_only_voter(options_.id);
}

void Raft::stand(Role role, bool transfer) {
  role_ = role;
  leader_ = MemberId();
  votes_.clear();
  restart_timer();
  if (role == Role::kCandidate) hard_ = {hard_.term.next(), options_.id};

  const auto ask = [&](const std::vector<MemberId>& voters, const std::vector<MemberId>& asked) {
    for (MemberId id : voters) {
      if (id == options_.id || std::find(asked.begin(), asked.end(), id) != asked.end()) continue;
      if (role == Role::kCandidate)
        send(id, VoteRequest{log_.last(), transfer});
      else
        send(id, hard_.term.next(), PreVoteRequest{log_.last()});
    }
  };
  ask(configuration_.voters, {});
  ask(configuration_.outgoing, configuration_.voters);
  if (role == Role::kPreCandidate) count_vote(options_.id, true);  // a candidate's own counts once durable: persisted()
}

void Raft::count_vote(MemberId from, bool granted) {
  votes_.try_emplace(from, granted);
  const Outcome outcome = tally(configuration_, [&](MemberId id) -> std::optional<bool> {
    const auto vote = votes_.find(id);
    return vote == votes_.end() ? std::nullopt : std::optional(vote->second);
  });
  switch (outcome) {
    case Outcome::kPending:
      return;
    case Outcome::kLost:
      VIADUCT_MARK("raft: an election is lost");
      return become_follower(hard_.term, MemberId());
    case Outcome::kWon:
      return role_ == Role::kPreCandidate ? stand(Role::kCandidate) : become_leader();
  }
}

// With leases a leader that was heard is not forgotten, whatever else is heard.
bool Raft::has_heard_leader() const {
  return role_ == Role::kLeader || ((leader_ || options_.lease_reads) && silence_ < options_.election_ticks);
}

void Raft::on(const Message& message, const PreVoteRequest& request) {
  const bool granted =
      message.term > hard_.term && !has_heard_leader() && has_whole_log() && log_.is_up_to_date(request.last);
  send(message.from, granted ? message.term : hard_.term, PreVoteReply{granted, log_.committed()});
}

// A leader that removes itself may be gone as a leader before the only voter left knows that it is one, and refuse its
// vote for entries that will never count. The answer tells it then. What is committed is so whoever says it.
void Raft::learn_commit(EntryId committed) {
  if (log_.has(committed)) log_.commit_to(committed.index);
}

void Raft::on(const Message& message, const PreVoteReply& reply) {
  learn_commit(reply.commit);
  if (role_ != Role::kPreCandidate) return;
  if (reply.granted && message.term != hard_.term.next()) return;  // about an earlier attempt
  count_vote(message.from, reply.granted);
}

// A learner votes as well: the candidate's configuration says whether that counts (INV-R13).
void Raft::on(const Message& message, const VoteRequest& request) {
  const bool is_free = !hard_.vote || hard_.vote == message.from;
  const bool granted = is_free && has_whole_log() && log_.is_up_to_date(request.last);
  if (granted) {
    hard_.vote = message.from;
    restart_timer();
  }
  send(message.from, VoteReply{granted, log_.committed()});
}

void Raft::on(const Message& message, const VoteReply& reply) {
  learn_commit(reply.commit);
  if (role_ == Role::kCandidate) count_vote(message.from, reply.granted);
}

}  // namespace viaduct::raft
