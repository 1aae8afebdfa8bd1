#include "raft/standing.h"

#include <doctest/doctest.h>

namespace viaduct::raft {
namespace {

using Speaker = Standing::Speaker;

EntryId at(uint64_t index = 0, uint64_t term = 4) { return {Index(index), Term(term)}; }

Speaker hear(Standing& standing, uint64_t incarnation, EntryId match) {
  const Speaker speaker = standing.heard(incarnation);
  if (speaker == Speaker::kNew) standing.had(match);
  return speaker;
}

// Incarnation 1 had acknowledged up to 10; incarnation 2 has answered.
Standing restarted() {
  Standing standing;
  hear(standing, 1, at());
  standing.told(false, Round(1));
  hear(standing, 2, at(10));
  return standing;
}

Standing quarantined() {
  Standing standing = restarted();
  standing.told(true, Round(5));
  return standing;
}

}  // namespace

TEST_CASE("a follower's first words are no restart, a rising incarnation is one, and older ones are dropped") {
  struct Case {
    const char* name;
    std::vector<uint64_t> incarnations;
    Speaker last;
  };
  for (const Case& c : {Case{"the first", {7}, Speaker::kKnown}, Case{"the same", {7, 7}, Speaker::kKnown},
                        Case{"a newer", {7, 8}, Speaker::kNew}, Case{"a newer, again", {7, 8, 8}, Speaker::kKnown},
                        Case{"an older", {7, 8, 7}, Speaker::kOld}, Case{"none, then one", {0, 1}, Speaker::kNew}}) {
    CAPTURE(c.name);
    Standing standing;
    Speaker last = Speaker::kOld;
    for (uint64_t incarnation : c.incarnations) last = hear(standing, incarnation, at(3));
    CHECK(last == c.last);
  }
}

TEST_CASE("a follower counts from the start, and after a restart from its first word that its log is whole") {
  Standing standing;
  CHECK(standing.counts());
  hear(standing, 1, at());
  CHECK(standing.counts());
  standing = restarted();
  CHECK_FALSE(standing.counts());
  standing.told(false, Round(1));
  CHECK(standing.counts());
  standing.told(true, Round(1));  // said before, come after
  CHECK(standing.counts());
}

TEST_CASE("a quarantine ends with a match of what was committed when a round begun after it was answered") {
  struct Case {
    const char* name;
    uint64_t round, commit, match;
    uint64_t released;
  };
  for (const Case& c : {Case{"a round begun before", 4, 20, 20, 0}, Case{"matching less", 5, 20, 19, 0},
                        Case{"matching", 5, 20, 20, 2}, Case{"matching more", 6, 20, 21, 2}}) {
    CAPTURE(c.name);
    Standing standing = quarantined();
    CHECK_FALSE(standing.counts());
    CHECK(standing.awaits_confirmation());
    standing.confirmed(Round(c.round), Index(c.commit));
    CHECK(standing.released(Index(c.match)) == c.released);
  }
}

TEST_CASE("the commit index noted first is the one that a quarantine waits for, however far commit goes on") {
  Standing standing = quarantined();
  standing.told(true, Round(9));  // the round needed does not run away either
  standing.confirmed(Round(5), Index(20));
  CHECK_FALSE(standing.awaits_confirmation());
  standing.confirmed(Round(6), Index(30));
  CHECK(standing.released(Index(20)) == 2);
  standing.told(false, Round(9));
  CHECK(standing.counts());
  CHECK(standing.released(Index(20)) == 0);
}

TEST_CASE("another start in quarantine begins it anew") {
  Standing standing = quarantined();
  standing.confirmed(Round(5), Index(20));
  CHECK(hear(standing, 3, at(20)) == Speaker::kNew);
  standing.told(true, Round(8));
  CHECK(standing.awaits_confirmation());
  standing.confirmed(Round(7), Index(25));
  CHECK(standing.awaits_confirmation());
  standing.confirmed(Round(8), Index(25));
  CHECK(standing.released(Index(24)) == 0);
  CHECK(standing.released(Index(25)) == 3);
}

TEST_CASE("RB-38: a follower that lacks what it acknowledged before a start has lost it, unless it says so itself") {
  struct Case {
    const char* name;
    bool quarantined;
    uint64_t previous;
    EntryId hint;
    bool lost;
  };
  for (const Case& c :
       {Case{"rejected behind it all, with all of it", false, 15, at(10), false},
        Case{"rejected behind it all, with more, of a later term", false, 15, at(12, 5), false},
        Case{"rejected behind it all, with less", false, 15, at(9), true},
        Case{"rejected behind it all, with more, but of an older term", false, 15, at(12, 3), true},
        Case{"rejected at the last", false, 10, at(10), true}, Case{"nothing left", false, 15, at(0, 0), true},
        Case{"in quarantine", true, 15, at(0, 0), false}}) {
    CAPTURE(c.name);
    Standing standing = restarted();
    standing.told(c.quarantined, Round(1));
    CHECK(standing.rejected(Index(c.previous), c.hint) == c.lost);
    CHECK(standing.counts() == (!c.lost && !c.quarantined));
    CHECK_FALSE(standing.rejected(Index(c.previous), c.hint));  // told once
  }
}

TEST_CASE("RB-38: what was acknowledged is remembered over several starts, and a loss for ever") {
  Standing standing = restarted();
  standing.told(false, Round(1));
  hear(standing, 3, at(4));
  standing.told(false, Round(1));
  CHECK(standing.rejected(Index(15), at(9)));
  hear(standing, 4, at(9));
  standing.told(false, Round(1));
  CHECK_FALSE(standing.counts());
  CHECK(standing.released(Index(99)) == 0);
}

TEST_CASE("what a follower acknowledged before a loss that it declared is not held against it, what it did since is") {
  Standing standing = quarantined();
  standing.told(false, Round(6));
  CHECK_FALSE(standing.rejected(Index(15), at(3)));
  hear(standing, 3, at(7));
  standing.told(false, Round(6));
  CHECK_FALSE(standing.rejected(Index(15), at(7)));
  CHECK(standing.rejected(Index(15), at(6)));
}

TEST_CASE("a follower that never restarted may reject anything: it was probed too far") {
  Standing standing;
  hear(standing, 1, at());
  standing.told(false, Round(1));
  CHECK_FALSE(standing.rejected(Index(15), at(0)));
}

}  // namespace viaduct::raft
