// The rules by which src/raft acts, said once more without its pacing, caches and timers: what one member may do next,
// and what becomes of it. A rule either holds and changes the member, or returns false and changes nothing; when a
// member does what it may is left open. The search (search.h) tries everything in small worlds; the trace checker
// (trace_checker.h) asks whether what a real member did is allowed.
#pragma once

#include <algorithm>
#include <cstddef>

#include "members.h"

namespace viaduct::model {

// --- Terms and roles

template <typename M>
void become_follower(M& m, typename M::Number term, typename M::Number leader) {
  if (term > m.term) {
    m.term = term;
    m.vote = 0;
  }
  m.role = Role::kFollower;
  m.leader = leader;
  m.term_start = m.pending_change = m.round = 0;
  m.followers = {};
}

// A message of the term's leader. False: there cannot be one.
template <typename M>
bool hear_leader(M& m, typename M::Number term, typename M::Number leader) {
  if (term < m.term) return false;
  if (term == m.term && (m.role == Role::kLeader || (m.leader != 0 && m.leader != leader))) return false;
  become_follower(m, term, leader);
  return true;
}

// --- Elections

template <typename M>
bool has_unapplied_change(const M& m) {
  for (auto index = m.applied; index < m.commit;) {
    if (m.log.at(++index).change != 0) return true;
  }
  return false;
}

template <typename M>
bool may_stand(const Rules& rules, const M& m) {
  return m.role != Role::kLeader && m.configuration.is_voter(m.id) && m.has_durable_vote() &&
         (!m.quarantined || rules.is(Mutant::kQuarantinedStands)) &&
         (!has_unapplied_change(m) || rules.is(Mutant::kStandsUnapplied));
}

template <typename M>
bool stand_for_pre_vote(const Rules& rules, M& m) {
  if (!may_stand(rules, m)) return false;
  m.role = Role::kPreCandidate;
  m.leader = 0;
  return true;
}

// A pre-candidate that has won, or whoever may_stand() and was told to by the leader (3.10).
template <typename M>
void stand(M& m) {
  ++m.term;
  m.vote = m.id;
  m.role = Role::kCandidate;
  m.leader = 0;
}

template <typename M>
bool is_up_to_date(const Rules& rules, const M& m, EntryId<typename M::Number> candidate_last) {
  const auto mine = m.last();
  return candidate_last.term > mine.term || (candidate_last.term == mine.term && candidate_last.index >= mine.index) ||
         rules.is(Mutant::kIgnoresLogs);
}

template <typename M>
bool may_trust_itself(const Rules& rules, const M& m) {
  return !m.quarantined || rules.is(Mutant::kQuarantinedVotes);
}

template <typename M>
bool may_pre_vote(const Rules& rules, const M& m, typename M::Number term, EntryId<typename M::Number> candidate_last) {
  return term > m.term && may_trust_itself(rules, m) && is_up_to_date(rules, m, candidate_last);
}

// What is asked for in a newer term makes a follower in any case. Returns whether the vote is given.
template <typename M>
bool vote(const Rules& rules, M& m, typename M::Number term, typename M::Number candidate,
          EntryId<typename M::Number> candidate_last) {
  if (term < m.term) return false;
  if (term > m.term) become_follower(m, term, 0);
  const bool is_free = m.vote == 0 || m.vote == candidate || rules.is(Mutant::kVotesTwice);
  if (!is_free || !may_trust_itself(rules, m) || !is_up_to_date(rules, m, candidate_last)) return false;
  m.vote = candidate;
  return true;
}

// Whoever answers a vote says what it knows to be committed.
template <typename M>
bool learn_commit(const Rules& rules, M& m, EntryId<typename M::Number> committed) {
  const bool is_mine = rules.is(Mutant::kBelievesAnyCommit) ? committed.index <= m.log.last() : m.has(committed);
  if (!is_mine || committed.index <= m.commit) return false;
  m.commit = committed.index;
  return true;
}

// `granted`: whoever has given it its vote, durably; its own counts once durable.
template <typename M>
bool lead(const Rules& rules, M& m, typename M::Set granted) {
  using Set = typename M::Set;
  if (m.role != Role::kCandidate) return false;
  if (m.has_durable_vote()) granted = static_cast<Set>(granted | only<Set>(m.id));
  if (!has_quorum<Set>(rules, m.configuration, granted)) return false;
  m.role = Role::kLeader;
  m.leader = m.id;
  m.followers = {};
  m.round = 0;
  m.log.push({m.term, 0});
  m.term_start = m.log.last();
  m.pending_change = rules.is(Mutant::kInheritsChanges) ? 0 : m.term_start;
  return true;
}

// --- The log

// Entries up to `last` of the sender's log behind the one at `previous`. Returns whether it is accepted: then the two
// logs are equal up to `last`.
template <typename M, typename Log>
bool append(const Rules& rules, M& m, typename M::Number previous, typename M::Number last, const Log& sender,
            typename M::Number commit) {
  using Number = typename M::Number;
  if (!rules.is(Mutant::kAppendsBlindly) && !m.has({previous, sender.term(previous)})) return false;
  if (previous > m.log.last()) return false;
  for (Number index = previous; index < last;) {
    ++index;
    if (m.has({index, sender.term(index)})) continue;
    if (index <= m.log.last()) m.log.cut(static_cast<Number>(index - 1));
    m.log.push(sender.at(index));
  }
  const Number vouched = rules.is(Mutant::kCommitsBeyondRequest) ? m.log.last() : last;
  m.commit = std::max(m.commit, std::min(commit, vouched));
  return true;
}

template <typename M>
bool may_acknowledge(const Rules& rules, const M& m, typename M::Number index) {
  return rules.is(Mutant::kAcknowledgesEarly) || (m.has_durable_vote() && m.has_durable(index));
}

template <typename M>
bool may_propose_change(const Rules& rules, const M& m) {
  return m.role == Role::kLeader && (m.pending_change <= m.applied || rules.is(Mutant::kChangesOverlap));
}

template <typename M>
bool propose(const Rules& rules, M& m, typename M::Number change) {
  if (m.role != Role::kLeader || (change != 0 && !may_propose_change(rules, m))) return false;
  m.log.push({m.term, change});
  if (change != 0) m.pending_change = m.log.last();
  return true;
}

// `holders`: the others that have acknowledged the entry at `index` and count.
template <typename M>
bool advance_commit(const Rules& rules, M& m, typename M::Number index, typename M::Set holders) {
  using Set = typename M::Set;
  if (m.role != Role::kLeader || index <= m.commit || index > m.log.last()) return false;
  if (m.log.term(index) != m.term && !rules.is(Mutant::kCommitsOlderTerms)) return false;
  const bool is_own = m.has_durable(index) || rules.is(Mutant::kAcknowledgesEarly);
  if (is_own) holders = static_cast<Set>(holders | only<Set>(m.id));
  if (!has_quorum<Set>(rules, m.configuration, holders)) return false;
  m.commit = index;
  return true;
}

// The entry behind applied; a change among them acts from here on.
template <typename M>
bool apply(M& m, const Configuration<typename M::Set>& changed_to) {
  using Number = typename M::Number;
  const auto index = static_cast<Number>(m.applied + 1);
  if (index > m.commit || !m.has_durable(index)) return false;
  m.applied = index;
  if (m.log.at(index).change == 0) return true;
  m.configuration = changed_to;
  if (m.role != Role::kFollower && !m.configuration.is_voter(m.id)) become_follower(m, m.term, Number{0});
  return true;
}

// --- Disk

// The commit index is written along with the rest, not for its own sake (CC-7).
template <typename M>
void persist(const Rules& rules, M& m) {
  if (m.has_durable_vote() && m.disk.log == m.log) return;
  m.disk.term = m.term;
  m.disk.vote = m.vote;
  if (!rules.is(Mutant::kCommitNotWritten)) m.disk.commit = m.commit;
  m.disk.log = m.log;
}

// From what is on the disk, with the state at `applied`, which was committed.
template <typename M>
void restart(const Rules& rules, M& m, typename M::Number applied,
             const Configuration<typename M::Set>& configuration) {
  using Number = typename M::Number;
  const bool forgets = rules.is(Mutant::kForgetsTerm);
  m.log = m.disk.log;
  m.term = m.vote = 0;
  become_follower(m, forgets ? Number{0} : m.disk.term, Number{0});
  m.vote = forgets ? Number{0} : m.disk.vote;
  m.applied = applied;
  m.commit = std::max(applied, std::min(m.disk.commit, m.log.last()));
  m.configuration = configuration;
  ++m.incarnation;
}

// --- Quarantine (CC-12)

// Who of the others has answered a round of heartbeats begun at or after `round`, and counts.
template <typename M>
typename M::Set answered(const M& m, typename M::Number round) {
  using Set = typename M::Set;
  Set set = only<Set>(m.id);
  for (size_t i = 0; i < m.followers.size(); ++i) {
    if (m.followers[i].counts() && m.followers[i].answered >= round && m.followers[i].is_heard)
      set = static_cast<Set>(set | only<Set>(i + 1));
  }
  return set;
}

template <typename M>
bool confirm(const Rules& rules, M& m, typename M::Number follower) {
  auto& standing = m.follower(follower);
  if (m.role != Role::kLeader || !standing.awaits_round() || m.round < standing.needs) return false;
  if (m.commit < m.term_start && !rules.is(Mutant::kReleasedBeforeCommit)) return false;
  if (!has_quorum<typename M::Set>(rules, m.configuration, answered(m, standing.needs))) return false;
  standing.may_release = true;
  standing.release_at = m.commit;
  return true;
}

template <typename M>
bool end_quarantine(const Rules& rules, M& m, typename M::Number released) {
  if (!m.quarantined || released == 0) return false;
  if (released != m.incarnation && !rules.is(Mutant::kOldIncarnationReleases)) return false;
  m.quarantined = false;
  return true;
}

}  // namespace viaduct::model
