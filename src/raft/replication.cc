// Replication: the leader's appends and heartbeats, the follower's answers, commit and ReadIndex
// (dissertation 3.5, 3.6, 6.4, 10.2).
#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "base/mark.h"
#include "raft/quorum.h"
#include "raft/raft.h"

namespace viaduct::raft {
namespace {

// Successive entries behind `previous`, with terms that never fall and are not newer than the sender's.
bool is_well_formed(const AppendRequest& request, Term sender) {
  EntryId before = request.previous;
  for (const EntryPtr& entry : request.entries) {
    if (!entry || entry->index != before.index.next() || entry->term < before.term) return false;
    before = {entry->index, entry->term};
  }
  return before.term <= sender;
}

}  // namespace

// --- a follower ---

// A message of the term's leader arrived. False if it cannot be: another one leads this term.
bool Raft::hear_leader(const Message& message) {
  if (role_ == Role::kLeader || (leader_ && leader_ != message.from)) {
    ++protocol_errors_;
    return false;
  }
  become_follower(hard_.term, message.from);
  ticks_ = silence_ = 0;
  return true;
}

void Raft::on(const Message& message, const AppendRequest& request) {
  if (!hear_leader(message)) return;
  if (!is_well_formed(request, message.term)) return void(++protocol_errors_);
  if (request.previous.index < log_.base().index)
    return acknowledge(message.from, log_.commit());  // all of that is committed, hence the same
  if (!log_.has(request.previous)) {
    const EntryId hint = log_.last_at_most(request.previous);
    return send(message.from, AppendReply{false, request.previous.index, hint, !has_whole_log()});
  }
  if (log_.first_new(request.entries) <= log_.commit()) return void(++protocol_errors_);
  // Apply is behind by more than may be kept in memory; the leader will repeat this.
  const bool has_room = log_.bytes_between(log_.applied(), log_.commit()) <= options_.max_unapplied_bytes;
  if (!request.entries.empty() && !has_room) return;

  if (const auto replaced = log_.merge(request.entries)) {
    VIADUCT_MARK("raft: entries are replaced");
    durability_.replaced_from(*replaced);
  }
  const Index last_sent(request.previous.index.value + request.entries.size());
  matched_ = {hard_.term, std::max(matched(), last_sent)};
  log_.commit_to(std::min(request.commit, last_sent));
  acknowledge(message.from, last_sent);
}

void Raft::acknowledge(MemberId leader, Index index) { send(leader, AppendReply{true, index, {}, !has_whole_log()}); }

// Behind it the log may be another one, however long: the leader goes by what an earlier process here acknowledged.
Index Raft::matched() const { return matched_.term == hard_.term ? matched_.index : Index(); }

void Raft::on(const Message& message, const Heartbeat& heartbeat) {
  if (!hear_leader(message)) return;
  // This member once acknowledged all that the leader speaks of (RF-12, RB-38).
  if (heartbeat.commit > log_.last_index() && !quarantined_) {
    VIADUCT_MARK("raft: the leader speaks of more than this member has");
    ++protocol_errors_;
    lost_log_of_ = options_.id;
    return;
  }
  log_.commit_to(std::min(heartbeat.commit, matched()));
  send(message.from, HeartbeatReply{heartbeat.round});
  if (quarantined_ && heartbeat.released == options_.incarnation) {
    VIADUCT_MARK("raft: a quarantine ends");
    quarantined_ = false;
    acknowledge(message.from, log_.commit());  // which tells the leader
  }
}

// --- the leader ---

void Raft::append(EntryType type, std::string data) {
  log_.append(std::make_shared<const Entry>(Entry{hard_.term, log_.last_index().next(), type, std::move(data)}));
  replication_due_ = !followers_.empty();
}

EntryId Raft::acknowledged_by(const Progress& follower) const {
  const Index match = follower.match();
  if (match < log_.base().index) return {match, {}};
  return {match, log_.term(match).value()};
}

// Who replied; null if that is no follower, or one that has been started anew since.
Progress* Raft::hear_follower(const Message& message) {
  const auto found = followers_.find(message.from);
  if (found == followers_.end()) return nullptr;
  Progress& follower = found->second;
  switch (follower.standing.heard(message.incarnation)) {
    case Standing::Speaker::kOld:
      VIADUCT_MARK("raft: a reply of an earlier incarnation");
      ++stale_replies_;
      return nullptr;
    case Standing::Speaker::kNew:
      follower.standing.had(acknowledged_by(follower));
      follower.restarted(log_.last_index().next());
      break;
    case Standing::Speaker::kKnown:
      break;
  }
  follower.active = true;
  replication_due_ = true;
  return &follower;
}

void Raft::on(const Message& message, const AppendReply& reply) {
  Progress* const replied = hear_follower(message);
  if (!replied) return;
  Progress& follower = *replied;
  if (!reply.accepted && !reply.index) return;  // to an append of an older term: answer_stale() speaks of no log
  const bool counted = follower.standing.counts();
  follower.standing.told(reply.quarantined, round_.next());
  if (!reply.accepted) {
    if (follower.standing.rejected(reply.index, reply.hint)) {
      VIADUCT_MARK("raft: a follower has lost what it acknowledged");
      ++protocol_errors_;
      lost_log_of_ = message.from;
    }
    VIADUCT_MARK("raft: an append is rejected");
    // Below the base nothing can be looked up, but a snapshot will be needed anyway.
    const Index retry = std::min(reply.hint.index, log_.last_at_most(reply.hint).index);
    follower.rejected(reply.index, retry);
    return;
  }
  if (reply.index > log_.last_index()) return void(++protocol_errors_);
  const bool is_news = follower.accepted(reply.index, log_.base().index);
  if (is_news || !counted) advance_commit();
  advance_transfer();
}

void Raft::on(const Message& message, const HeartbeatReply& reply) {
  Progress* const replied = hear_follower(message);
  if (!replied) return;
  if (reply.round > round_) return void(++protocol_errors_);
  Progress& follower = *replied;
  follower.acknowledged = std::max(follower.acknowledged, reply.round);
  follower.probe_may_repeat();
  ask_what_arrived(message.from, follower);
  confirm_round();
  advance_transfer();
}

// Appends that were lost with nothing sent behind them would go unnoticed: an empty one asks (RF-5).
void Raft::ask_what_arrived(MemberId to, Progress& progress) {
  const bool is_behind = progress.state() == Progress::State::kReplicate && progress.match() < log_.last_index();
  const bool more_follows = !progress.window().is_full() && progress.next() <= log_.last_index();
  if (!is_behind || more_follows) return;
  if (progress.next() > log_.base().index) {
    send_append(to, progress, {});
  } else {
    VIADUCT_MARK("raft: all that was under way has been compacted");
    progress.become_probe();
  }
}

void Raft::replicate_to_all() {
  for (auto& [id, follower] : followers_) replicate(id, follower);
}

void Raft::replicate(MemberId to, Progress& progress) {
  while (progress.may_send()) {
    const Index previous = progress.next().previous();
    if (previous < log_.base().index) {
      if (!progress.active) return;  // nobody would take the snapshot
      VIADUCT_MARK("raft: a follower needs a snapshot");
      progress.become_snapshot();
      snapshots_wanted_.push_back(to);
      return;
    }
    if (previous == log_.last_index()) {
      const bool is_probe = progress.state() == Progress::State::kProbe;
      if (is_probe ? progress.match() < previous : progress.commit_sent < log_.commit()) send_append(to, progress, {});
      return;
    }
    if (!log_.is_cached(progress.next())) {
      VIADUCT_MARK("raft: entries for a follower are read from the disk");
      progress.fetching = true;
      fetches_wanted_.push_back({to, hard_.term, progress.next(), options_.max_append_bytes});
      return;
    }
    send_append(to, progress, log_.slice(previous, log_.last_index(), options_.max_append_bytes));
  }
}

void Raft::send_append(MemberId to, Progress& progress, std::vector<EntryPtr> entries) {
  const Index previous = progress.next().previous();
  const Index last(previous.value + entries.size());
  uint64_t bytes = 0;
  for (const EntryPtr& entry : entries) bytes += size_of(*entry);
  send(to, AppendRequest{{previous, log_.term(previous).value()}, std::move(entries), log_.commit()});
  progress.sent(last, bytes);
  progress.commit_sent = std::min(last, log_.commit());
}

void Raft::broadcast_heartbeat() {
  round_ = round_.next();
  lease_.began(round_);
  for (const auto& [id, follower] : followers_) {
    const Index commit = std::min(follower.match(), log_.commit());
    send(id, Heartbeat{commit, round_, follower.standing.released(follower.match())});
  }
}

// How far another voter is, if that counts; a leader follows the progress of each. Null while it does not.
const Progress* Raft::counted(MemberId voter) const {
  const Progress* follower = progress(voter);
  return follower->standing.counts() ? follower : nullptr;
}

// Figure 2, leaders, last rule (section 5.4.2): an entry of an older term is committed only by one of this term.
void Raft::advance_commit() {
  const Index reached = reached_by_quorum<Index>(configuration_, [&](MemberId id) {
    if (id == options_.id) return durability_.index();
    return counted(id) ? counted(id)->match() : Index();
  });
  if (reached <= log_.commit() || !log_.has({reached, hard_.term})) return;
  log_.commit_to(reached);
  replication_due_ = !followers_.empty();
  reads_.commit_known(log_.commit());
}

Round Raft::answered_by_quorum() const {
  return reached_by_quorum<Round>(configuration_, [&](MemberId id) {
    if (id == options_.id) return round_;
    return counted(id) ? counted(id)->acknowledged : Round();
  });
}

// What a quorum's answers to a round of heartbeats are good for: reads, and the end of quarantines.
void Raft::confirm_round() {
  const bool ends_quarantine = std::any_of(followers_.begin(), followers_.end(), [](const auto& follower) {
    return follower.second.standing.awaits_confirmation();
  });
  if (reads_.pending() == 0 && !ends_quarantine) return;
  const Round confirmed = answered_by_quorum();
  reads_.confirmed(confirmed);
  if (log_.commit() < term_start_) return;
  for (auto& [id, follower] : followers_) follower.standing.confirmed(confirmed, log_.commit());
}

// Whoever is told to stand is voted for in spite of this leader, and a membership change may take leadership away.
bool Raft::has_lease() const {
  return options_.lease_reads && !lease_given_up_ && !transfer_ && pending_configuration_ <= log_.applied() &&
         lease_.holds(answered_by_quorum());
}

void Raft::snapshot_sent(MemberId to, std::optional<Index> snapshot) {
  const auto found = followers_.find(to);
  if (found == followers_.end()) return;
  found->second.snapshot_ended(snapshot.value_or(Index()));
}

void Raft::fetched(const Fetch& fetch, std::vector<EntryPtr> entries) {
  const auto found = followers_.find(fetch.follower);
  if (found == followers_.end() || fetch.term != hard_.term || !found->second.fetching) return;
  Progress& follower = found->second;
  follower.fetching = false;
  if (entries.empty()) return;  // tried again when it answers the next heartbeat
  replication_due_ = true;
  const bool is_next = fetch.first == follower.next() && entries.front()->index == fetch.first;
  const bool is_kept = fetch.first > log_.base().index;  // else it was compacted meanwhile
  if (!is_next || !is_kept) {
    VIADUCT_MARK("raft: what was read for a follower is no longer wanted");
    return;
  }
  assert(log_.first_new(entries) > entries.back()->index);
  send_append(fetch.follower, follower, std::move(entries));
}

void Raft::unreachable(MemberId id) {
  const auto found = followers_.find(id);
  if (found != followers_.end() && found->second.state() == Progress::State::kReplicate) found->second.become_probe();
}

}  // namespace viaduct::raft
