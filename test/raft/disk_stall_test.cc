// A disk that hangs must not keep the cluster from writing (CC-14, RB-47).
#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

constexpr uint32_t kHoldoff = 600;

Script settled_leader() {
  Script leader = Script::leader();
  leader.tell(2, 1, accepted(1));
  leader.tell(3, 1, accepted(1));
  return leader;
}

// Of a member that hears nothing: ticks until it stands, at most `limit`.
uint32_t ticks_to_stand(Raft& raft, uint32_t limit) {
  uint32_t ticks = 0;
  while (raft.role() == Role::kFollower && ticks < limit) {
    raft.tick();
    ++ticks;
  }
  return ticks;
}

}  // namespace

TEST_CASE("RB-47: a leader whose sync hangs hands leadership on while it hangs") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().propose("a"));
  const Ready hung = leader.raft().ready();
  CHECK(hung.must_sync());
  leader.say(2, 1, accepted(2));
  leader.raft().disk_stalled(kHoldoff);
  CHECK(leader.raft().transferring());
  const Ready next = leader.raft().ready();
  CHECK(bodies<TimeoutNow>(next.messages_now, 2).size() == 1);
  leader.say(2, 2, VoteRequest{entry_id(2, 1), true});
  CHECK(leader.raft().role() == Role::kFollower);
}

TEST_CASE("a leader whose disk stalls and that has no successor in contact steps down at once") {
  Script alone = Script::leader();
  alone.tell(3, 1, accepted(1));
  for (uint32_t i = 0; i < 20; ++i) {  // 3 falls silent, and 2 answers but lacks what is committed
    alone.raft().tick();
    alone.tell(2, 1, HeartbeatReply{Round(1)});
  }
  REQUIRE(alone.raft().role() == Role::kLeader);
  alone.raft().disk_stalled(kHoldoff);
  CHECK(alone.raft().role() == Role::kFollower);
  alone.hear();
  alone.raft().tick();
  CHECK(bodies<Heartbeat>(alone.hear()).empty());
}

TEST_CASE("a leader whose disk stalls steps down though its successor does not take over") {
  for (bool called_off : {false, true}) {
    CAPTURE(called_off);
    Script leader = settled_leader();
    leader.raft().disk_stalled(kHoldoff);
    REQUIRE(leader.raft().transferring());
    if (called_off) {
      CHECK(leader.raft().transfer_leadership(MemberId(1)));
    } else {
      for (uint32_t i = 1; i <= 10; ++i) {
        CHECK(leader.raft().role() == Role::kLeader);
        leader.raft().disk_stalled(kHoldoff);  // still: changes nothing
        leader.raft().tick();
      }
    }
    CHECK(leader.raft().role() == Role::kFollower);
  }
}

// Known bug: RB-47.
TEST_CASE("after a disk stall a member stands only when the time is over, or nobody else has led for long") {
  struct Case {
    const char* name;
    uint32_t holdoff, least, most;
  };
  for (const Case& c :
       {Case{"no stall", 0, 10, 19}, Case{"a short holdoff", 25, 25, 25}, Case{"a long one", kHoldoff, 30, 57}}) {
    CAPTURE(c.name);
    Script script(5, 0, {1});
    script.raft().disk_stalled(c.holdoff);
    script.raft().campaign();
    CHECK((script.raft().role() == Role::kFollower) == (c.holdoff > 0));
    if (c.holdoff == 0) script.tell(2, 5, Heartbeat{});
    const uint32_t ticks = ticks_to_stand(script.raft(), 1000);
    CHECK(ticks >= c.least);
    CHECK(ticks <= c.most);
  }
}

TEST_CASE("who stood in spite of a disk stall, and was not elected, does not wait as long again (INV-R14)") {
  Script script(5, 0, {1});
  script.raft().disk_stalled(kHoldoff);
  ticks_to_stand(script.raft(), 1000);
  REQUIRE(bodies<PreVoteRequest>(script.hear(), 2).size() == 1);
  uint32_t ticks = 0;
  do {
    script.raft().tick();
    ++ticks;
  } while (bodies<PreVoteRequest>(script.hear(), 2).empty() && ticks < 1000);
  CHECK(ticks >= 10);
  CHECK(ticks <= 19);
}

TEST_CASE("after a disk stall a member still votes, and still stands when a leader asks it to") {
  Script script(5, 0, {1});
  script.raft().disk_stalled(kHoldoff);
  CHECK(bodies<VoteReply>(script.tell(2, 6, VoteRequest{entry_id(1, 1)})).at(0).granted);
  script.tell(2, 6, Heartbeat{});
  script.tell(2, 6, TimeoutNow{});
  CHECK(script.raft().role() == Role::kCandidate);
  script.tell(3, 7, VoteReply{true});
  CHECK(script.raft().role() == Role::kLeader);
  // Leadership was given to it, so the stall is history: a failed transfer leaves it the leader.
  REQUIRE(script.raft().transfer_leadership(MemberId(2)));
  for (uint32_t i = 0; i < 10; ++i) script.raft().tick();
  CHECK(script.raft().role() == Role::kLeader);
}

TEST_CASE("the only voter has nobody to hand leadership to, and keeps it") {
  for (const Configuration& configuration : {voters({1}), with_learner({1}, 2)}) {
    Script script = Script::leader(configuration);
    script.hear();
    script.raft().disk_stalled(kHoldoff);
    CHECK(script.raft().role() == Role::kLeader);
    CHECK_FALSE(script.raft().transferring());
  }
  Script restarted(5, 0, {1}, voters({1}));
  restarted.raft().disk_stalled(kHoldoff);
  restarted.raft().campaign();
  restarted.hear();
  CHECK(restarted.raft().role() == Role::kLeader);
}

TEST_CASE("a member that becomes the only voter after a disk stall no longer leaves it to others to stand") {
  Script script(5, 0, {1}, voters({1, 2}));
  script.raft().disk_stalled(kHoldoff);
  script.raft().campaign();
  REQUIRE(script.raft().role() == Role::kFollower);
  script.raft().apply_configuration(voters({1}));
  script.raft().campaign();
  script.hear();
  CHECK(script.raft().role() == Role::kLeader);
}

TEST_CASE("CC-14: a cluster whose leader's disk hangs writes on under another leader, which keeps leadership") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  cluster.raft(1).disk_stalled(kHoldoff);
  cluster.settle();
  const uint64_t leader = cluster.leader();
  REQUIRE(leader > 1);
  REQUIRE(cluster.raft(leader).propose("a"));
  cluster.tick_all(kHoldoff);
  CHECK(cluster.leader() == leader);
  CHECK(cluster.raft(1).log().commit() == cluster.raft(leader).log().last_index());
}

}  // namespace viaduct::raft::test
