// Lease reads (dissertation 6.4.1, RF-4).
#include "raft/lease.h"

#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

Options with_leases(Options options = options_of(1)) {
  options.lease_reads = true;
  return options;
}

void tick(Lease& lease, uint32_t times) {
  for (uint32_t i = 0; i < times; ++i) lease.tick();
}

// A member of three with leases that has been quiet for long enough to take part in an election.
Script member(uint64_t term, const Configuration& configuration = voters({1, 2, 3})) {
  Script script(term, 0, {1}, configuration, with_leases());
  for (uint32_t i = 0; i < 10; ++i) script.raft().tick();
  script.hear();
  return script;
}

// Leads term 2, has committed and applied in it, and has a lease.
Script leader_with_lease() {
  Script script = member(1);
  while (script.raft().role() == Role::kFollower) script.raft().tick();
  script.hear();
  script.tell(2, 2, PreVoteReply{true});
  script.tell(2, 2, VoteReply{true});
  for (uint64_t id : {2, 3}) script.tell(id, 2, accepted(2));
  script.raft().tick();
  const Round round = bodies<Heartbeat>(script.hear(), 2).at(0).round;
  script.tell(2, 2, HeartbeatReply{round});
  return script;
}

bool reads_at_once(Script& leader) {
  const Result<ReadToken> token = leader.raft().read_index();
  REQUIRE(token);
  const auto results = leader.raft().ready().reads;
  leader.hear();
  return !results.empty() && results.back().token == *token;
}

}  // namespace

TEST_CASE("a lease counts from the beginning of an answered round, for less than 0.7 election timeouts") {
  struct Case {
    const char* name;
    uint32_t election_ticks, passed;
    uint64_t confirmed;
    bool holds;
  };
  for (const Case& c : {Case{"at once", 10, 0, 5, true}, Case{"a later round", 10, 0, 6, true},
                        Case{"an earlier round", 10, 0, 4, false}, Case{"to the last tick", 10, 6, 5, true},
                        Case{"over", 10, 7, 5, false}, Case{"too short a timeout for any", 1, 0, 5, false}}) {
    CAPTURE(c.name);
    Lease lease(c.election_ticks);
    tick(lease, 3);
    lease.began(Round(5));
    tick(lease, c.passed);
    CHECK(lease.holds(Round(c.confirmed)) == c.holds);
  }
}

TEST_CASE("a lease is that of the newest round answered, and all rounds of a tick count as its first") {
  Lease lease(10);
  lease.began(Round(1));
  tick(lease, 4);
  lease.began(Round(2));
  lease.began(Round(3));
  tick(lease, 4);
  CHECK_FALSE(lease.holds(Round(1)));
  CHECK(lease.holds(Round(2)));
  tick(lease, 3);
  CHECK_FALSE(lease.holds(Round(3)));
}

TEST_CASE("what was begun before a lease's end vouches for nothing, what is begun after does") {
  Lease lease(10);
  lease.began(Round(1));
  lease.end();
  CHECK_FALSE(lease.holds(Round(1)));
  lease.began(Round(2));
  CHECK_FALSE(lease.holds(Round(1)));
  CHECK(lease.holds(Round(2)));
}

TEST_CASE("with a lease a read is answered at once, and as before when a quorum has been silent for too long") {
  Script leader = leader_with_lease();
  for (uint32_t i = 0; i < 7; ++i) {
    CAPTURE(i);
    CHECK(reads_at_once(leader));
    leader.raft().tick();
    leader.hear();
  }
  CHECK_FALSE(reads_at_once(leader));
  leader.raft().tick();
  leader.tell(3, 2, HeartbeatReply{bodies<Heartbeat>(leader.hear(), 3).at(0).round});
  CHECK(reads_at_once(leader));
}

TEST_CASE("without the option every read asks a quorum") {
  Script leader = Script::leader();
  leader.tell(2, 1, accepted(1));
  leader.raft().tick();
  leader.tell(2, 1, HeartbeatReply{bodies<Heartbeat>(leader.hear(), 2).at(0).round});
  CHECK_FALSE(reads_at_once(leader));
}

TEST_CASE("a lease ends with a transfer and is not had again in the term, since the order to stand may come late") {
  Script leader = leader_with_lease();
  REQUIRE(leader.raft().transfer_leadership(MemberId(2)));
  CHECK_FALSE(reads_at_once(leader));
  for (uint32_t i = 0; i < 10; ++i) {
    leader.raft().tick();
    leader.tell(3, 2, HeartbeatReply{bodies<Heartbeat>(leader.hear(), 3).at(0).round});
  }
  REQUIRE_FALSE(leader.raft().transferring());
  CHECK_FALSE(reads_at_once(leader));
}

TEST_CASE("a lease is suspended by a transfer that waits for its target, and by a membership change") {
  Script leader = leader_with_lease();
  REQUIRE(leader.raft().propose_configuration(to_text(voters({2, 3}))));
  CHECK_FALSE(reads_at_once(leader));

  Script other = leader_with_lease();
  REQUIRE(other.raft().propose("a"));
  other.hear();
  REQUIRE(other.raft().transfer_leadership(MemberId(3)));
  CHECK_FALSE(reads_at_once(other));
  REQUIRE(other.raft().transfer_leadership(MemberId(1)));
  CHECK(reads_at_once(other));  // nobody was told to stand
}

TEST_CASE("a lease ends when ticks were missed") {
  Script leader = leader_with_lease();
  leader.raft().ticks_missed();
  CHECK_FALSE(reads_at_once(leader));
}

TEST_CASE("with leases a member that has heard the leader, or just started, helps nobody to lead for a timeout") {
  struct Case {
    const char* name;
    bool restarts;
    std::function<void(Script&)> nudge;
  };
  for (const Case& c : {Case{"a restart", true, [](Script&) {}},
                        Case{"RF-1's word of the transport", false, [](Script& s) { s.raft().forget_leader(); }},
                        Case{"a word of a newer term", false, [](Script& s) { s.tell(3, 6, HeartbeatReply{}); }},
                        Case{"a call to stand", false, [](Script& s) { s.raft().campaign(); }}}) {
    CAPTURE(c.name);
    Script script = member(5);
    script.tell(2, 5, Heartbeat{});
    if (c.restarts) {
      script.member.crash(0, 0);
      script.member.start();
    }
    c.nudge(script);
    script.hear();
    for (uint32_t i = 0; i < 10; ++i) {
      CHECK(script.raft().role() == Role::kFollower);
      CHECK(script.tell(3, 9, VoteRequest{entry_id(9, 6)}).empty());
      CHECK_FALSE(bodies<PreVoteReply>(script.tell(3, 9, PreVoteRequest{entry_id(9, 6)})).at(0).granted);
      script.raft().tick();
    }
    CHECK(bodies<VoteReply>(script.tell(3, 9, VoteRequest{entry_id(9, 6)})).at(0).granted);
  }
}

TEST_CASE("with leases a cluster elects, transfers and survives the loss of its leader as without") {
  Cluster cluster(3, voters({1, 2, 3}), 1, [](Member& m) { m.options.lease_reads = true; });
  cluster.start_all();
  cluster.tick_all(60);
  const uint64_t first = cluster.leader();
  REQUIRE(first != 0);
  const uint64_t second = first % 3 + 1;
  REQUIRE(cluster.raft(first).transfer_leadership(MemberId(second)));
  cluster.settle();
  CHECK(cluster.leader() == second);
  cluster[second].crash(0, 100);
  cluster.tick_all(60);
  CHECK(cluster.leader() != 0);
}

}  // namespace viaduct::raft::test
