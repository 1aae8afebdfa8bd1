#include "raft/read_index.h"

#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

// Member 1 leads, and nobody hears it any more when it is asked for a read.
void ask_unheard(Cluster& cluster) {
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  cluster.link_down = isolate({1});
  cluster.checker.asked(cluster[1], *cluster.raft(1).read_index());
  cluster.settle();
}

}  // namespace

TEST_CASE("INV-R12: a read is answered by its own round or a later one, never by an older") {
  ReadIndex reads;
  const ReadToken first = reads.add(Index(5), Round(3));
  const ReadToken second = reads.add(Index(6), Round(4));
  CHECK(first < second);
  reads.confirmed(Round(2));
  CHECK_FALSE(reads.has_results());
  reads.confirmed(Round(3));
  auto results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].token == first);
  CHECK(results[0].index == Index(5));
  reads.confirmed(Round(2));  // reordered
  CHECK_FALSE(reads.has_results());
  reads.confirmed(Round(9));
  results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].token == second);
  CHECK(results[0].index == Index(6));
  CHECK(reads.pending() == 0);
}

TEST_CASE("RB-36: before the leader has committed in its term a confirmed read waits for the commit index") {
  ReadIndex reads;
  reads.add(std::nullopt, Round(1));
  reads.add(std::nullopt, Round(2));
  reads.confirmed(Round(1));
  CHECK_FALSE(reads.has_results());
  reads.commit_known(Index(7));
  auto results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].index == Index(7));
  reads.commit_known(Index(8));  // the second has its index already
  reads.confirmed(Round(2));
  results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].index == Index(7));
}

TEST_CASE("the end of leadership fails every read that waits, and tokens go on rising") {
  ReadIndex reads;
  const ReadToken first = reads.add(Index(5), Round(1));
  const ReadToken second = reads.add(std::nullopt, Round(1));
  reads.fail_all();
  const auto results = reads.take_results();
  REQUIRE(results.size() == 2);
  CHECK(results[0].token == first);
  CHECK_FALSE(results[0].index);
  CHECK(results[1].token == second);
  CHECK_FALSE(results[1].index);
  CHECK(reads.pending() == 0);
  CHECK_FALSE(reads.has_results());
  CHECK(second < reads.add(Index(9), Round(5)));
}

// Known bug: RB-36.
TEST_CASE("INV-R12: a read waits for a quorum of a round begun after it, and for the term's first commit") {
  Script leader = Script::leader();
  const ReadToken early = *leader.raft().read_index();
  auto round = bodies<Heartbeat>(leader.hear(), 2).at(0).round;
  leader.tell(2, 1, HeartbeatReply{round});
  CHECK(leader.member.reads.empty());
  leader.tell(2, 1, accepted(1));
  REQUIRE(leader.member.reads.size() == 1);
  CHECK(leader.member.reads[0].token == early);
  CHECK(leader.member.reads[0].index == Index(1));

  leader.member.reads.clear();
  leader.raft().tick();
  const auto before = bodies<Heartbeat>(leader.hear(), 2).at(0).round;
  const ReadToken late = *leader.raft().read_index();
  leader.tell(2, 1, HeartbeatReply{before});  // sent before the read came
  CHECK(leader.member.reads.empty());
  leader.tell(9, 1, HeartbeatReply{Round(before.value + 1)});  // a stranger
  CHECK(leader.member.reads.empty());
  leader.tell(3, 1, HeartbeatReply{Round(before.value + 1)});
  REQUIRE(leader.member.reads.size() == 1);
  CHECK(leader.member.reads[0].token == late);
}

TEST_CASE("RB-36: a read asked right after an election is answered though the first round of heartbeats was lost") {
  Cluster cluster(3, voters({1, 2, 3}));
  ask_unheard(cluster);
  CHECK(cluster.checker.reads_answered() == 0);
  cluster.link_down = nullptr;
  cluster.tick(1);
  CHECK(cluster.checker.reads_answered() == 1);
}

TEST_CASE("reads that come together share one round, and each is answered") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  for (int i = 0; i < 5; ++i) REQUIRE(cluster.raft(1).read_index());
  CHECK(bodies<Heartbeat>(cluster.raft(1).ready().messages_now, 2).size() == 1);
}

TEST_CASE("RB-37: a deposed leader answers no read, whatever old answers still arrive") {
  Cluster cluster(3, voters({1, 2, 3}));
  ask_unheard(cluster);
  REQUIRE(cluster.elect(2) == 2);
  REQUIRE(cluster.raft(2).propose("newer"));
  cluster.settle();
  cluster.link_down = nullptr;
  cluster.raft(1).step({MemberId(2), MemberId(1), Term(1), 0, HeartbeatReply{Round(0)}});
  cluster.tick_all(3);
  CHECK(cluster.checker.reads_answered() == 0);
  CHECK(cluster.raft(1).leader() == MemberId(2));
  CHECK(cluster.raft(1).read_index().error().code == Code::kUnavailable);
}

// Known bug: RB-37.
TEST_CASE("the end of leadership fails the reads that wait") {
  Script leader = Script::leader();
  const ReadToken token = *leader.raft().read_index();
  leader.tell(2, 2, Heartbeat{});
  REQUIRE(leader.member.reads.size() == 1);
  CHECK(leader.member.reads[0].token == token);
  CHECK_FALSE(leader.member.reads[0].index);
}

}  // namespace viaduct::raft::test
