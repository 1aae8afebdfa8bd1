// The rules in small worlds, and that each rule is needed there. `make model` searches the same worlds further.
#include <doctest/doctest.h>

#include <cstdio>

#include "scopes.h"
#include "search.h"

namespace viaduct::model {
namespace {

constexpr uint64_t kWorlds = 100'000;        // of each scope in every test run
constexpr uint64_t kManyWorlds = 3'000'000;  // `make model`

std::string story_of(const Found& found) {
  std::string story = found.broken;
  for (const std::string& event : found.path) story += "\n  " + event;
  return story;
}

void search_all(uint64_t max_worlds) {
  for (const Scope& scope : all_scopes()) {
    CAPTURE(std::string(scope.name));
    const Found found = search(scope, Rules{}, max_worlds);
    std::printf("%-26s %9lu worlds, %2u events deep%s, %.1f s\n", scope.name, found.worlds, found.depth,
                found.is_complete ? ", all there are" : "", found.seconds);
    CHECK_MESSAGE(found.broken.empty(), story_of(found));
  }
}

}  // namespace

TEST_CASE("whatever order things happen in, the invariants hold in every small world") { search_all(kWorlds); }

TEST_CASE("the same worlds, searched further" * doctest::skip()) { search_all(kManyWorlds); }

TEST_CASE("each rule is needed: without it an invariant is broken in a small world") {
  struct Case {
    const char* name;
    Mutant mutant;
    Scope scope;
    const char* broken;
  };
  const char* const kElection = "election safety";
  const char* const kLeader = "leader completeness";
  const char* const kMachine = "state machine safety";
  const char* const kMatching = "log matching";
  const char* const kChanges = "configurations";
  for (const Case& c : {
           Case{"a second vote in a term", Mutant::kVotesTwice, elections(), kElection},
           Case{"a vote before it is durable", Mutant::kVotesBeforeDurable, slow_disks(), kElection},
           Case{"a vote for any log", Mutant::kIgnoresLogs, vote_answers(), kLeader},
           Case{"a term lost in a restart", Mutant::kForgetsTerm, slow_disks(), kElection},
           Case{"half of the voters", Mutant::kLeadsByHalf, rival_changes(), kElection},
           Case{"older terms committed by counting", Mutant::kCommitsOlderTerms, old_terms(), kLeader},
           Case{"acknowledged before durable", Mutant::kAcknowledgesEarly, slow_disks(), kLeader},
           Case{"entries behind any other", Mutant::kAppendsBlindly, elections(), kMatching},
           Case{"commit beyond the request", Mutant::kCommitsBeyondRequest, old_terms(), kMachine},
           Case{"an answer believed without the entry", Mutant::kBelievesAnyCommit, vote_answers(), kMachine},
           Case{"two changes at once", Mutant::kChangesOverlap, rival_changes(), kChanges},
           Case{"a change before the term's first commit", Mutant::kInheritsChanges, rival_changes(), kChanges},
           Case{"standing with a change to apply", Mutant::kStandsUnapplied, one_at_a_time(), kElection},
           Case{"entries without the commit index", Mutant::kCommitNotWritten, one_at_a_time(), kElection},
           Case{"one half of a joint configuration", Mutant::kNewHalfDecides, joint_change(), kLeader},
           Case{"a learner counts", Mutant::kLearnersCount, learners(), kLeader},
           Case{"a vote in quarantine", Mutant::kQuarantinedVotes, loss(), kLeader},
           Case{"standing in quarantine", Mutant::kQuarantinedStands, loss(), kLeader},
           Case{"a release before the term's first commit", Mutant::kReleasedBeforeCommit, after_loss_and_restart(),
                kLeader},
           Case{"a release before everything is back", Mutant::kReleasedUnmatched, after_loss(), kLeader},
           Case{"a release meant for an earlier start", Mutant::kOldIncarnationReleases, second_loss(), kLeader},
       }) {
    CAPTURE(std::string(c.name));
    const Found found = search(c.scope, Rules{c.mutant}, 2'000'000);
    std::printf("%-40s %9lu worlds, %2zu events, %.1f s\n", c.name, found.worlds, found.path.size(), found.seconds);
    CHECK_MESSAGE(found.broken.substr(0, std::string(c.broken).size()) == c.broken, story_of(found));
  }
}

}  // namespace viaduct::model
