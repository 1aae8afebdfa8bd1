// Majorities, of both halves while a configuration is joint (dissertation 4.3). Learners count for nothing (INV-R13).
#pragma once

#include <optional>

#include "base/ids.h"
#include "raft/configuration.h"

namespace viaduct::raft {

enum class Outcome { kPending, kWon, kLost };

// Do the voters for which `holds(MemberId)` is true form a quorum? Never without voters.
template <typename Predicate>
bool has_quorum(const Configuration& configuration, const Predicate& holds) {
  const auto majority = [&](const std::vector<MemberId>& voters) {
    size_t agreeing = 0;
    for (MemberId voter : voters) agreeing += holds(voter) ? 1 : 0;
    return agreeing > voters.size() / 2;
  };
  return majority(configuration.voters) && (configuration.outgoing.empty() || majority(configuration.outgoing));
}

// The largest value that a quorum has reached, where `value_of(MemberId)` says how far each voter is; T() if none.
// Quadratic in a handful of voters, and free of allocations.
template <typename T, typename ValueOf>
T reached_by_quorum(const Configuration& configuration, const ValueOf& value_of) {
  T best{};
  const auto consider = [&](const std::vector<MemberId>& voters) {
    for (MemberId voter : voters) {
      const T value = value_of(voter);
      if (best < value && has_quorum(configuration, [&](MemberId other) { return !(value_of(other) < value); }))
        best = value;
    }
  };
  consider(configuration.voters);
  consider(configuration.outgoing);
  return best;
}

// An election in which `vote_of(MemberId)` is an std::optional<bool>, empty until the member has answered.
template <typename VoteOf>
Outcome tally(const Configuration& configuration, const VoteOf& vote_of) {
  if (has_quorum(configuration, [&](MemberId id) { return vote_of(id) == std::optional(true); })) return Outcome::kWon;
  if (has_quorum(configuration, [&](MemberId id) { return vote_of(id) != std::optional(false); }))
    return Outcome::kPending;
  return Outcome::kLost;
}

}  // namespace viaduct::raft
