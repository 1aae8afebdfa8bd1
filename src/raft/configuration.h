// Who takes part: the voters, whose majorities elect and commit, and the learners, which only receive the log.
// While a change is joint (Ongaro's dissertation, 4.3) both `voters` and `outgoing` must agree; otherwise `outgoing` is
// empty. A configuration acts from the moment its entry is applied, and is the same function of the log on every
// member (INV-R11).
#pragma once

#include <algorithm>
#include <vector>

#include "base/ids.h"

namespace viaduct::raft {

struct Configuration {
  std::vector<MemberId> voters;
  std::vector<MemberId> outgoing;
  std::vector<MemberId> learners;

  bool is_voter(MemberId id) const { return holds(voters, id) || holds(outgoing, id); }
  bool is_learner(MemberId id) const { return holds(learners, id); }
  bool is_member(MemberId id) const { return is_voter(id) || is_learner(id); }
  bool is_only_voter(MemberId id) const {
    const auto is_it = [id](MemberId voter) { return voter == id; };
    return is_voter(id) && std::all_of(voters.begin(), voters.end(), is_it) &&
           std::all_of(outgoing.begin(), outgoing.end(), is_it);
  }
  bool operator==(const Configuration&) const = default;

 private:
  static bool holds(const std::vector<MemberId>& ids, MemberId id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
};

}  // namespace viaduct::raft
