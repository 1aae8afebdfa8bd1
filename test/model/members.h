// What the rules (rules.h) speak of: configurations, logs, members, and what a leader makes of its followers.
//
// `Sizes` says how large things may get: Number and Set are unsigned integers, Log holds entries 1..last().
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace viaduct::model {

// What a careless change could make of a rule. The search has to find each (model_test.cc).
enum class Mutant : uint8_t {
  kNone,
  kVotesTwice,              // the vote of a term is given to whoever asks
  kVotesBeforeDurable,      // a vote leaves before it is on the disk
  kIgnoresLogs,             // 5.4.1 is left out
  kForgetsTerm,             // a restart goes on in term 0, without a vote
  kLeadsByHalf,             // half of the voters are enough
  kCommitsOlderTerms,       // 5.4.2 is left out
  kAcknowledgesEarly,       // an entry counts before it is durable
  kAppendsBlindly,          // the entry before is not compared
  kCommitsBeyondRequest,    // commit follows the leader's further than the request vouches for
  kBelievesAnyCommit,       // the answer to a vote is believed without having that entry
  kChangesOverlap,          // a change is proposed while one is not applied
  kInheritsChanges,         // a new leader proposes one before the first entry of its term is applied
  kStandsUnapplied,         // a member stands while a committed change is not applied
  kCommitNotWritten,        // the commit index is not written along with entries
  kNewHalfDecides,          // a joint configuration is judged by its new voters alone
  kLearnersCount,           // a learner counts as a voter
  kQuarantinedVotes,        // CC-12 is left out where votes are given,
  kQuarantinedStands,       // or asked for
  kReleasedBeforeCommit,    // a leader ends quarantines before it knows what is committed,
  kReleasedUnmatched,       // or before the member has all of that,
  kOldIncarnationReleases,  // or the word was meant for an earlier start
};

struct Rules {
  Mutant mutant = Mutant::kNone;
  bool is(Mutant m) const { return mutant == m; }
};

template <typename Set>
constexpr Set only(size_t member) {
  return static_cast<Set>(Set{1} << (member - 1));
}

template <typename Set>
struct Configuration {
  Set voters = 0;
  Set outgoing = 0;
  Set learners = 0;

  bool is_voter(size_t member) const { return ((voters | outgoing) & only<Set>(member)) != 0; }
  bool operator==(const Configuration&) const = default;
};

// Do more than half of the voters agree?
template <typename Set>
bool is_majority(const Rules& rules, Set agreeing, Set voters) {
  const int have = std::popcount(static_cast<Set>(agreeing & voters)), all = std::popcount(voters);
  return 2 * have > all || (rules.is(Mutant::kLeadsByHalf) && all > 0 && 2 * have == all);
}

template <typename Set>
bool has_quorum(const Rules& rules, const Configuration<Set>& configuration, Set agreeing) {
  if (rules.is(Mutant::kLearnersCount) && (agreeing & configuration.learners) != 0) return true;
  if (!is_majority<Set>(rules, agreeing, configuration.voters)) return false;
  if (configuration.outgoing == 0 || rules.is(Mutant::kNewHalfDecides)) return true;
  return is_majority<Set>(rules, agreeing, configuration.outgoing);
}

template <typename Number>
struct Entry {
  Number term = 0;
  Number change = 0;  // which configuration it makes, 0: none
  bool operator==(const Entry&) const = default;
};

template <typename Number>
struct EntryId {
  Number index = 0;
  Number term = 0;
  bool operator==(const EntryId&) const = default;
};

enum class Role : uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };

// What a leader makes of a follower's replies (CC-12, src/raft/standing.h).
template <typename Number>
struct Standing {
  enum class Trust : uint8_t { kUnheard, kRestarted, kQuarantined, kFull };

  Trust trust = Trust::kUnheard;
  bool is_heard = false;
  bool may_release = false;
  Number incarnation = 0;
  Number match = 0;
  Number answered = 0;    // the newest round of heartbeats it answered
  Number needs = 0;       // quarantined: the first round that confirms a commit index for it
  Number release_at = 0;  // that commit index

  bool counts() const { return trust == Trust::kUnheard || trust == Trust::kFull; }

  // A reply of that incarnation. False: it is from before a start that is known of.
  bool hear(Number from) {
    if (!is_heard) incarnation = from;
    is_heard = true;
    if (from < incarnation) return false;
    if (from == incarnation) return true;
    *this = Standing{};
    is_heard = true;
    incarnation = from;
    trust = Trust::kRestarted;
    return true;
  }
  void tell(bool quarantined, Number next_round) {
    if (trust == Trust::kFull) return;
    if (!quarantined) {
      trust = Trust::kFull;
    } else if (trust != Trust::kQuarantined) {
      trust = Trust::kQuarantined;
      needs = next_round;
    }
  }
  bool awaits_round() const { return trust == Trust::kQuarantined && !may_release; }
  bool is_released(const Rules& rules) const {
    if (trust != Trust::kQuarantined || !may_release) return false;
    return match >= release_at || rules.is(Mutant::kReleasedUnmatched);
  }
};

template <typename Sizes>
struct Member {
  using Number = typename Sizes::Number;
  using Set = typename Sizes::Set;
  using Log = typename Sizes::Log;

  struct Disk {
    Number term = 0;
    Number vote = 0;
    Number commit = 0;
    Log log;
  };

  Number id = 0;
  Number incarnation = 0;
  Number term = 0;
  Number vote = 0;
  Number leader = 0;
  Role role = Role::kFollower;
  bool quarantined = false;
  Number commit = 0;
  Number applied = 0;
  Configuration<Set> configuration;
  Log log;
  Disk disk;

  // A leader's.
  Number term_start = 0;
  Number pending_change = 0;
  Number round = 0;
  std::array<Standing<Number>, Sizes::kMembers> followers{};  // [id - 1]

  EntryId<Number> last() const { return {log.last(), log.term(log.last())}; }
  EntryId<Number> committed() const { return {commit, log.term(commit)}; }
  bool has(EntryId<Number> entry) const { return entry.index <= log.last() && log.term(entry.index) == entry.term; }
  bool has_durable_vote() const { return disk.term == term && disk.vote == vote; }
  bool has_durable(Number index) const {
    return index <= log.last() && index <= disk.log.last() && disk.log.term(index) == log.term(index);
  }
  Standing<Number>& follower(Number other) { return followers[other - 1]; }
  const Standing<Number>& follower(Number other) const { return followers[other - 1]; }
};

}  // namespace viaduct::model
