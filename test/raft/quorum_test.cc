#include "raft/quorum.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

namespace viaduct::raft {
namespace {

Configuration configuration(std::vector<uint64_t> voters, std::vector<uint64_t> outgoing = {},
                            std::vector<uint64_t> learners = {}) {
  Configuration made;
  for (uint64_t id : voters) made.voters.push_back(MemberId(id));
  for (uint64_t id : outgoing) made.outgoing.push_back(MemberId(id));
  for (uint64_t id : learners) made.learners.push_back(MemberId(id));
  return made;
}

}  // namespace

TEST_CASE("a quorum is more than half of the voters, of both halves while joint, and learners do not count") {
  struct Case {
    const char* name;
    Configuration configuration;
    std::vector<uint64_t> agreeing;
    bool is_quorum;
  };
  for (const Case& c : {
           Case{"nobody to ask", configuration({}), {}, false},
           Case{"one of one", configuration({1}), {1}, true},
           Case{"none of one", configuration({1}), {}, false},
           Case{"one of two", configuration({1, 2}), {1}, false},
           Case{"two of two", configuration({1, 2}), {1, 2}, true},
           Case{"two of three", configuration({1, 2, 3}), {1, 3}, true},
           Case{"two of four", configuration({1, 2, 3, 4}), {1, 3}, false},
           Case{"three of five", configuration({1, 2, 3, 4, 5}), {1, 3, 5}, true},
           Case{"a learner is no help", configuration({1, 2}, {}, {3}), {1, 3}, false},
           Case{"a stranger is no help", configuration({1, 2, 3}), {1, 9}, false},
           Case{"joint, the new half only", configuration({1, 2, 3}, {4, 5, 6}), {1, 2, 3}, false},
           Case{"joint, the old half only", configuration({1, 2, 3}, {4, 5, 6}), {4, 5, 6}, false},
           Case{"joint, both halves", configuration({1, 2, 3}, {4, 5, 6}), {1, 2, 5, 6}, true},
           Case{"joint, the overlap counts in both", configuration({1, 2, 3}, {1, 2}), {1, 2}, true},
       }) {
    CAPTURE(c.name);
    const auto agrees = [&](MemberId id) {
      return std::find(c.agreeing.begin(), c.agreeing.end(), id.value) != c.agreeing.end();
    };
    CHECK(has_quorum(c.configuration, agrees) == c.is_quorum);
  }
}

TEST_CASE("the only voter is the only one of both halves") {
  struct Case {
    const char* name;
    Configuration configuration;
    bool is_only;
  };
  for (const Case& c :
       {Case{"alone", configuration({1}), true}, Case{"with a learner", configuration({1}, {}, {2}), true},
        Case{"of two", configuration({1, 2}), false}, Case{"another", configuration({2}), false},
        Case{"a learner", configuration({2}, {}, {1}), false}, Case{"of none", configuration({}), false},
        Case{"growing", configuration({1, 2}, {1}), false}, Case{"shrinking", configuration({1}, {1, 2}), false},
        Case{"replaced", configuration({2}, {1}), false}, Case{"in both halves", configuration({1}, {1}), true}}) {
    CAPTURE(c.name);
    CHECK(c.configuration.is_only_voter(MemberId(1)) == c.is_only);
  }
}

TEST_CASE("configurations are equal if all their lists are") {
  const Configuration all = configuration({1, 2}, {2}, {3});
  CHECK(all == configuration({1, 2}, {2}, {3}));
  for (const Configuration& other :
       {configuration({1}, {2}, {3}), configuration({1, 2}, {}, {3}), configuration({1, 2}, {2})})
    CHECK_FALSE(all == other);
}

TEST_CASE("what a quorum has reached is the largest value that a majority is at or above") {
  struct Case {
    const char* name;
    Configuration configuration;
    std::map<uint64_t, uint64_t> values;
    uint64_t reached;
  };
  for (const Case& c : {
           Case{"nobody", configuration({}), {}, 0},
           Case{"alone", configuration({1}), {{1, 7}}, 7},
           Case{"two need both", configuration({1, 2}), {{1, 7}, {2, 4}}, 4},
           Case{"three: the middle", configuration({1, 2, 3}), {{1, 7}, {2, 4}, {3, 5}}, 5},
           Case{"four: the third", configuration({1, 2, 3, 4}), {{1, 7}, {2, 4}, {3, 5}, {4, 6}}, 5},
           Case{"five: the middle", configuration({1, 2, 3, 4, 5}), {{1, 9}, {2, 9}, {3, 5}, {4, 1}, {5, 1}}, 5},
           Case{"a majority at nothing", configuration({1, 2, 3}), {{1, 7}}, 0},
           Case{"a learner ahead", configuration({1, 2}, {}, {3}), {{1, 2}, {2, 2}, {3, 9}}, 2},
           Case{"joint: the lower half", configuration({1, 2, 3}, {4}), {{1, 7}, {2, 7}, {3, 7}, {4, 3}}, 3},
           Case{"joint: a value of one half held by both", configuration({1}, {2}), {{1, 5}, {2, 8}}, 5},
       }) {
    CAPTURE(c.name);
    const auto value_of = [&](MemberId id) {
      const auto value = c.values.find(id.value);
      return value == c.values.end() ? Index() : Index(value->second);
    };
    CHECK(reached_by_quorum<Index>(c.configuration, value_of) == Index(c.reached));
  }
}

TEST_CASE("an election of three is decided by the second equal answer, for every combination of answers") {
  const std::optional<bool> answers[] = {std::nullopt, false, true};
  for (auto first : answers) {
    for (auto second : answers) {
      for (auto third : answers) {
        const std::optional<bool> votes[] = {first, second, third};
        const auto count = [&](bool wanted) { return std::count(std::begin(votes), std::end(votes), wanted); };
        const Outcome expected = count(true) >= 2    ? Outcome::kWon
                                 : count(false) >= 2 ? Outcome::kLost
                                                     : Outcome::kPending;
        CHECK(tally(configuration({1, 2, 3}), [&](MemberId id) { return votes[id.value - 1]; }) == expected);
      }
    }
  }
}

TEST_CASE("an election of two is lost with the first refusal, and a joint one when either half refuses") {
  const auto refused_by = [](uint64_t member) {
    return [member](MemberId id) { return id.value == member ? std::optional(false) : std::nullopt; };
  };
  CHECK(tally(configuration({1, 2}), refused_by(2)) == Outcome::kLost);
  CHECK(tally(configuration({1, 2, 3}, {4}), refused_by(4)) == Outcome::kLost);
  CHECK(tally(configuration({1, 2, 3}, {4}), refused_by(3)) == Outcome::kPending);
}

}  // namespace viaduct::raft
