// The raft paper's figures 7 and 8, played out.
#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

void give_log(Member& member, uint64_t term, const std::vector<uint64_t>& terms) {
  member.disk.hard_state.term = Term(term);
  member.disk.entries = make_entries(1, terms);
}

}  // namespace

TEST_CASE("figure 7 (5.3): a new leader brings every kind of follower's log in line with its own") {
  struct Case {
    const char* name;
    std::vector<uint64_t> log;
  };
  const std::vector<uint64_t> leaders_log = {1, 1, 1, 4, 4, 5, 5, 6, 6, 6};
  for (const Case& c : {
           Case{"a: one entry missing", {1, 1, 1, 4, 4, 5, 5, 6, 6}},
           Case{"b: many missing", {1, 1, 1, 4}},
           Case{"c: one too many of the last term", {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}},
           Case{"d: entries of a newer term", {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}},
           Case{"e: missing and too many", {1, 1, 1, 4, 4, 4, 4}},
           Case{"f: terms that were never committed", {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}},
       }) {
    CAPTURE(c.name);
    // The follower in question, the leader, and a third that lets the leader be elected.
    Cluster cluster(3, voters({1, 2, 3}));
    give_log(cluster[1], 7, leaders_log);
    give_log(cluster[2], 7, c.log);
    give_log(cluster[3], 7, {1, 1, 1, 4, 4, 5, 5});
    cluster.start_all();
    REQUIRE(cluster.elect(1) == 1);
    cluster.tick(1, 5);
    std::vector<uint64_t> expected = leaders_log;
    expected.push_back(8);
    const Log& log = cluster.raft(2).log();
    REQUIRE(log.last_index() == Index(expected.size()));
    for (size_t i = 0; i < expected.size(); ++i) CHECK(*log.term(Index(i + 1)) == Term(expected[i]));
    CHECK(cluster[2].disk.state.size() == expected.size());
  }
}

TEST_CASE(
    "figure 8 (5.4.2): an older term's entry on a majority is not committed by counting, and may be overwritten") {
  SUBCASE("(d): without an entry of its own term on a majority, S5 may win and overwrite it") {
    // (c): S1 leads again, in term 4, and brings its entry of term 2 to the others, but not yet the one of term 4.
    Script leader(3, 0, {1, 2}, voters({1, 2, 3, 4, 5}));
    leader.raft().campaign();
    leader.hear();
    for (uint64_t id : {2, 3}) leader.tell(id, 4, PreVoteReply{true});
    for (uint64_t id : {2, 3}) leader.tell(id, 4, VoteReply{true});
    REQUIRE(leader.raft().role() == Role::kLeader);
    for (uint64_t id : {2, 3, 4, 5}) leader.tell(id, 4, AppendReply{true, Index(2), {}});
    CHECK(leader.raft().log().commit() == Index(0));  // on all five, and still not committed

    Script overwritten(4, 0, {1, 2});  // S2: S5 leads in term 5 with {1, 3}
    overwritten.tell(5, 5, AppendRequest{entry_id(1, 1), make_entries(2, {3, 5}), Index(3)});
    CHECK(overwritten.terms() == std::vector<uint64_t>{1, 3, 5});
    CHECK(overwritten.raft().protocol_errors() == 0);
  }

  SUBCASE("(e): once its own term's entry is on a majority both are committed, and S5 cannot win") {
    Cluster cluster(5, voters({1, 2, 3, 4, 5}));
    give_log(cluster[1], 3, {1, 2});
    give_log(cluster[2], 3, {1, 2});
    give_log(cluster[3], 3, {1});
    give_log(cluster[4], 3, {1});
    give_log(cluster[5], 3, {1, 3});
    for (uint64_t id : {1, 2, 3}) cluster.start(id);
    REQUIRE(cluster.elect(1) == 1);
    CHECK(cluster.raft(1).log().commit() == Index(3));
    cluster[1].crash(0, 0);
    cluster.start(4);
    cluster.start(5);
    CHECK(cluster.elect(5) == 0);
    cluster.tick_all(100);
    const uint64_t leader = cluster.leader();
    REQUIRE(leader != 0);
    CHECK(leader != 5);
    CHECK(*cluster.raft(5).log().term(Index(2)) == Term(2));
  }
}

}  // namespace viaduct::raft::test
