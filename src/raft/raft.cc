#include "raft/raft.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/mark.h"
#include "raft/quorum.h"

namespace viaduct::raft {

Result<Raft> Raft::start(const Options& options, Restart restart, Random& random) {
  const Log& log = restart.log;
  const HardState& hard = restart.hard_state;
  if (log.applied() > log.last_index())
    return Error{Code::kCorrupt, "applied index " + to_string(log.applied()) + " is behind the log's end " +
                                     to_string(log.last_index())};
  if (hard.commit > log.last_index() && !restart.quarantined)
    return Error{Code::kCorrupt,
                 "commit index " + to_string(hard.commit) + " is behind the log's end " + to_string(log.last_index())};
  if (hard.term < log.last().term)
    return Error{Code::kCorrupt,
                 "term " + to_string(hard.term) + " is older than the log's last, " + to_string(log.last().term)};
  return Raft(options, std::move(restart), random);
}

Raft::Raft(const Options& options, Restart restart, Random& random)
    : options_(options),
      random_(random),
      hard_{restart.hard_state.term, restart.hard_state.vote},
      configuration_(std::move(restart.configuration)),
      log_(std::move(restart.log)),
      durability_(log_.last_index(), hard_),
      handed_to_apply_(log_.applied()),
      silence_(options.lease_reads ? 0 : options.election_ticks),
      lease_(options.election_ticks),
      quarantined_(restart.quarantined) {
  log_.commit_to(std::min(restart.hard_state.commit, log_.last_index()));
  restart_timer();
}

void Raft::tick() {
  if (holdoff_ > 0) --holdoff_;
  if (role_ == Role::kLeader) return tick_leader();
  if (silence_ < options_.election_ticks) ++silence_;
  if (++ticks_ >= timeout_) campaign();
}

void Raft::tick_leader() {
  lease_.tick();
  if (++heartbeat_elapsed_ >= options_.heartbeat_ticks) {
    heartbeat_elapsed_ = 0;
    broadcast_heartbeat();
  }
  tick_transfer();
  if (role_ != Role::kLeader) return;
  if (++ticks_ < options_.election_ticks) return;
  ticks_ = 0;
  const bool in_contact = has_quorum(
      configuration_, [&](MemberId id) { return id == options_.id || (counted(id) && counted(id)->active); });
  if (!in_contact) {
    VIADUCT_MARK("raft: a leader without contact steps down");
    return become_follower(hard_.term, MemberId());
  }
  for (auto& [id, follower] : followers_) follower.check_contact();
}

void Raft::step(Message message) {
  if (message.to != options_.id || message.from == options_.id || !message.from) {
    ++protocol_errors_;
    return;
  }
  // Both kinds speak of a term that nobody is in yet.
  if (const auto* request = std::get_if<PreVoteRequest>(&message.body)) return on(message, *request);
  if (const auto* reply = std::get_if<PreVoteReply>(&message.body); reply && reply->granted) return on(message, *reply);

  if (message.term < hard_.term) return answer_stale(message);
  if (message.term > hard_.term) {
    // Whoever hears a leader helps nobody to replace it (dissertation 4.2.3), but for the one that the leader chose.
    const auto* vote = std::get_if<VoteRequest>(&message.body);
    if (vote && !vote->transfer && has_heard_leader()) return;
    become_follower(message.term, MemberId());
  }
  std::visit([&](const auto& body) { on(message, body); }, message.body);
}

// Figure 2, rule 1 of both RPCs. A leader that hears of the newer term steps down: else a member whose term had run
// ahead could never be won back.
void Raft::answer_stale(const Message& message) {
  if (std::holds_alternative<VoteRequest>(message.body)) return send(message.from, VoteReply{false, log_.committed()});
  if (std::holds_alternative<AppendRequest>(message.body)) return send(message.from, AppendReply{});
  if (std::holds_alternative<Heartbeat>(message.body)) return send(message.from, HeartbeatReply{});
}

Result<void> Raft::may_propose(size_t data_bytes, Priority priority) const {
  if (role_ != Role::kLeader) return Error{Code::kUnavailable, "not the leader"};
  if (transfer_) return Error{Code::kUnavailable, "leadership is being transferred"};
  const uint64_t unapplied = log_.commit().value - log_.applied().value;
  const bool for_clients = priority == Priority::kClient;
  if (unapplied >= (for_clients ? options_.max_unapplied_entries : options_.max_unapplied_for_cleanup))
    return Error{Code::kTooManyRequests, "too many entries wait to be applied"};
  const uint64_t uncommitted = log_.bytes_between(log_.commit(), log_.last_index());
  if (uncommitted > 0 && uncommitted + data_bytes > options_.max_uncommitted_bytes)
    return Error{Code::kTooManyRequests, "too many bytes wait to be committed"};
  return {};
}

Result<Index> Raft::propose(std::string data, Priority priority) {
  VIADUCT_TRY(may_propose(data.size(), priority));
  append(EntryType::kCommand, std::move(data));
  return log_.last_index();
}

Result<Index> Raft::propose_configuration(std::string data) {
  VIADUCT_TRY(may_propose(data.size(), Priority::kClient));
  if (pending_configuration_ > log_.applied())
    return Error{Code::kTooManyRequests, "an earlier membership change may still be under way"};
  append(EntryType::kConfiguration, std::move(data));
  pending_configuration_ = log_.last_index();
  return log_.last_index();
}

bool Raft::leads_alone() const { return role_ == Role::kLeader && followers_.empty() && log_.applied() >= term_start_; }

Result<ReadToken> Raft::read_index() {
  if (role_ != Role::kLeader) return Error{Code::kUnavailable, "not the leader"};
  if (reads_.pending() >= options_.max_pending_reads)
    return Error{Code::kTooManyRequests, "too many reads wait for a quorum"};
  const bool commit_known = log_.commit() >= term_start_;
  if (commit_known && has_lease()) return reads_.answer(log_.commit());
  round_wanted_ = true;
  return reads_.add(commit_known ? std::optional(log_.commit()) : std::nullopt, round_.next());
}

void Raft::forget_leader() {
  if (role_ != Role::kLeader && !options_.lease_reads) leader_ = MemberId();
}

bool Raft::has_ready() const {
  return replication_due_ || round_wanted_ || log_.last_index() > durability_.handed_out() ||
         hard_ != durability_.hard_handed_out() || !outbox_.empty() || committed_and_durable() > handed_to_apply_ ||
         reads_.has_results();
}

Ready Raft::ready() {
  if (std::exchange(round_wanted_, false)) {
    broadcast_heartbeat();
    confirm_round();
  }
  if (std::exchange(replication_due_, false)) replicate_to_all();

  Ready ready;
  ready.entries = log_.slice(durability_.handed_out(), log_.last_index(), UINT64_MAX);
  // The commit index goes along with entries: who has a membership change on disk must know after a restart that the
  // one before was committed, lest it stand in a configuration two changes old (may_stand()).
  if (hard_ != durability_.hard_handed_out() || !ready.entries.empty()) ready.hard_state = hard_state();
  ready.sequence = durability_.hand_out(log_.last_index(), hard_);
  for (Message& message : outbox_)
    (may_leave_now(message) ? ready.messages_now : ready.messages_synced).push_back(std::move(message));
  outbox_.clear();
  ready.committed = log_.slice(handed_to_apply_, committed_and_durable(), options_.max_apply_bytes);
  if (!ready.committed.empty()) handed_to_apply_ = ready.committed.back()->index;
  ready.reads = reads_.take_results();
  ready.snapshots = std::exchange(snapshots_wanted_, {});
  ready.fetches = std::exchange(fetches_wanted_, {});
  return ready;
}

// INV-R5 and INV-R7.
bool Raft::may_leave_now(const Message& message) const {
  if (durability_.hard() != hard_) return false;
  const auto* reply = std::get_if<AppendReply>(&message.body);
  return !reply || !reply->accepted || reply->index <= durability_.index();
}

// A quorum may commit an entry before this member has it on disk, but it applies only what it would find again.
Index Raft::committed_and_durable() const { return std::min(log_.commit(), durability_.index()); }

void Raft::persisted(WriteSequence sequence) {
  durability_.persisted(sequence);
  const bool has_voted = durability_.hard() == hard_;
  if (role_ == Role::kCandidate && has_voted && !votes_.contains(options_.id)) count_vote(options_.id, true);
  if (role_ == Role::kLeader) advance_commit();
}

void Raft::applied(Index index) {
  assert(index <= handed_to_apply_);
  if (index > log_.applied()) log_.applied_to(index);
}

void Raft::compact(Index index) { log_.compact(index); }

void Raft::apply_configuration(Configuration next) {
  configuration_ = std::move(next);
  if (role_ != Role::kFollower && !configuration_.is_voter(options_.id)) return become_follower(hard_.term, MemberId());
  if (transfer_ && !configuration_.is_voter(transfer_->to)) end_transfer();
  if (role_ != Role::kLeader) return;
  std::erase_if(followers_, [&](const auto& follower) { return !configuration_.is_member(follower.first); });
  add_followers();
  advance_commit();
  confirm_round();
}

bool Raft::installed(EntryId snapshot, Configuration configuration) {
  if (snapshot.term > hard_.term) become_follower(snapshot.term, MemberId());
  const bool rest_stays = log_.install(snapshot);
  if (!rest_stays) durability_.replaced_from(snapshot.index.next());
  durability_.installed(snapshot.index);
  handed_to_apply_ = std::max(handed_to_apply_, snapshot.index);
  apply_configuration(std::move(configuration));
  if (role_ == Role::kFollower && leader_) acknowledge(leader_, snapshot.index);
  return rest_stays;
}

const Progress* Raft::progress(MemberId id) const {
  const auto follower = followers_.find(id);
  return follower == followers_.end() ? nullptr : &follower->second;
}

void Raft::become_follower(Term term, MemberId leader) {
  assert(term >= hard_.term);
  if (role_ == Role::kLeader) leave_leadership();
  if (role_ != Role::kFollower) restart_timer();
  if (term > hard_.term) hard_ = {term, MemberId()};
  role_ = Role::kFollower;
  leader_ = leader;
  votes_.clear();
}

void Raft::become_leader() {
  assert(role_ == Role::kCandidate);
  role_ = Role::kLeader;
  leader_ = options_.id;
  votes_.clear();
  ticks_ = heartbeat_elapsed_ = holdoff_ = 0;
  silence_ = options_.election_ticks;
  lease_given_up_ = false;
  add_followers();
  append(EntryType::kCommand, {});
  term_start_ = log_.last_index();
  pending_configuration_ = term_start_;  // one inherited may be anywhere before
}

void Raft::add_followers() {
  const auto add = [&](const std::vector<MemberId>& ids) {
    for (MemberId id : ids) {
      if (id == options_.id) continue;
      // Taken for active at first, so that nobody is missed before it could have answered.
      const auto [follower, is_new] = followers_.try_emplace(id, Index(), log_.last_index().next(), options_.window);
      if (is_new) follower->second.active = true;
    }
  };
  add(configuration_.voters);
  add(configuration_.outgoing);
  add(configuration_.learners);
  replication_due_ = true;
}

void Raft::leave_leadership() {
  followers_.clear();
  transfer_.reset();
  reads_.fail_all();
  lease_.end();
  round_wanted_ = replication_due_ = false;
}

void Raft::restart_timer() {
  ticks_ = 0;
  timeout_ = options_.election_ticks + static_cast<uint32_t>(random_.below(options_.election_ticks));
}

void Raft::send(MemberId to, Term term, MessageBody body) {
  outbox_.push_back({options_.id, to, term, options_.incarnation, std::move(body)});
}

}  // namespace viaduct::raft
