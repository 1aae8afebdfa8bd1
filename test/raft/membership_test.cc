// Changes of membership: joint configurations (dissertation 4.3), learners, and members that go (4.2).
#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

Configuration joint(std::initializer_list<uint64_t> incoming, std::initializer_list<uint64_t> outgoing) {
  Configuration configuration = voters(incoming);
  configuration.outgoing = voters(outgoing).voters;
  return configuration;
}

const Configuration kJoint = joint({1, 2, 3}, {1, 4, 5});

void change(Cluster& cluster, const Configuration& next) {
  REQUIRE(cluster.leader() != 0);
  REQUIRE(cluster.raft(cluster.leader()).propose_configuration(to_text(next)));
  cluster.settle();
}

void restart(Cluster& cluster, uint64_t id) {
  cluster[id].crash(100, 1000);
  cluster.start(id);
}

}  // namespace

// Known bug: RB-45.
TEST_CASE("4.3: while a change is joint both halves must agree to elect") {
  struct Case {
    const char* name;
    std::vector<uint64_t> votes;
    bool leads;
  };
  for (const Case& c : {Case{"the new half", {2, 3}, false}, Case{"the old half", {4, 5}, false},
                        Case{"one of each", {2, 4}, true}, Case{"all", {2, 3, 4, 5}, true}}) {
    CAPTURE(c.name);
    Script script(0, 0, {}, kJoint);
    script.raft().campaign();
    CHECK(bodies<PreVoteRequest>(script.hear()).size() == 4);
    for (uint64_t id : c.votes) script.tell(id, 1, PreVoteReply{true});
    for (uint64_t id : c.votes) script.tell(id, 1, VoteReply{true});
    CHECK((script.raft().role() == Role::kLeader) == c.leads);
  }
}

TEST_CASE("4.3: while a change is joint both halves must have an entry to commit it, and confirm a read") {
  struct Case {
    const char* name;
    std::vector<uint64_t> from;
    bool agreed;
  };
  for (const Case& c :
       {Case{"the new half", {2, 3}, false}, Case{"the old half", {4, 5}, false}, Case{"one of each", {3, 5}, true}}) {
    CAPTURE(c.name);
    Script leader = Script::leader(kJoint);
    for (uint64_t id : c.from) leader.tell(id, 1, accepted(1));
    CHECK((leader.raft().log().commit() == Index(1)) == c.agreed);

    Script reader = Script::leader(kJoint);
    for (uint64_t id : {2, 3, 4, 5}) reader.tell(id, 1, accepted(1));
    REQUIRE(reader.raft().read_index());
    const Round round = bodies<Heartbeat>(reader.hear(), 5).at(0).round;
    for (uint64_t id : c.from) reader.tell(id, 1, HeartbeatReply{round});
    CHECK(reader.member.reads.size() == (c.agreed ? 1 : 0));
  }
}

TEST_CASE("4.3: while a change is joint a leader needs contact with both halves to stay") {
  struct Case {
    const char* name;
    std::vector<uint64_t> answering;
    bool leads;
  };
  for (const Case& c :
       {Case{"the new half", {2, 3}, false}, Case{"the old half", {4, 5}, false}, Case{"one of each", {2, 5}, true}}) {
    CAPTURE(c.name);
    Script leader = Script::leader(kJoint);
    for (uint32_t i = 0; i < 20; ++i) {
      leader.raft().tick();
      for (uint64_t id : c.answering) leader.tell(id, 1, HeartbeatReply{Round(1)});
    }
    CHECK((leader.raft().role() == Role::kLeader) == c.leads);
  }
}

TEST_CASE("4.3: whoever is in either half gets the log, and whoever is in neither after it no longer") {
  Script leader = Script::leader(kJoint);
  for (uint64_t id : {2, 3, 4, 5}) CHECK(leader.raft().progress(MemberId(id)) != nullptr);
  leader.raft().apply_configuration(voters({1, 2, 3}));
  CHECK(leader.raft().progress(MemberId(2)) != nullptr);
  CHECK(leader.raft().progress(MemberId(4)) == nullptr);
}

TEST_CASE("RB-45: members replaced through a joint change that restarts, elections and a snapshot interrupt") {
  struct Case {
    const char* name;
    bool restarts, elects, compacts;
  };
  for (const Case& c : {Case{"undisturbed", false, false, false}, Case{"all restart inside", true, true, false},
                        Case{"another leader inside", false, true, false},
                        Case{"joined by snapshot inside", false, false, true}, Case{"all of it", true, true, true}}) {
    CAPTURE(c.name);
    Cluster cluster(5, voters({1, 2, 3}));
    cluster.start_all();
    REQUIRE(cluster.elect(1) == 1);
    if (c.compacts) cluster.link_down = isolate({4, 5});
    const Configuration inside = joint({3, 4, 5}, {1, 2, 3});
    change(cluster, inside);
    if (c.compacts) {
      const Index applied = cluster.raft(1).log().applied();
      cluster.raft(1).compact(applied);
      cluster[1].disk.base = cluster.raft(1).log().base();
      cluster[1].disk.entries.erase(cluster[1].disk.entries.begin(),
                                    cluster[1].disk.entries.begin() + static_cast<ptrdiff_t>(applied.value));
      cluster.link_down = nullptr;
      cluster.tick_all(3);
      CHECK(cluster.raft(4).log().base().index >= applied);
    }
    cluster.tick_all(3);
    for (uint64_t id = 1; id <= 5; ++id) CHECK(cluster.raft(id).configuration() == inside);
    if (c.restarts) {
      for (uint64_t id = 1; id <= 5; ++id) restart(cluster, id);
      for (uint64_t id = 1; id <= 5; ++id) CHECK(cluster.raft(id).configuration() == inside);
    }
    if (c.elects) CHECK(cluster.elect(3) == 3);
    change(cluster, voters({3, 4, 5}));
    cluster.tick_all(60);
    REQUIRE(cluster.leader() >= 3);
    for (uint64_t gone : {1, 2}) cluster[gone].crash(100, 1000);
    REQUIRE(cluster.raft(cluster.leader()).propose("the old members are not needed"));
    cluster.settle();
    for (uint64_t id : {3, 4, 5}) {
      CHECK(cluster.raft(id).configuration() == voters({3, 4, 5}));
      CHECK(cluster[id].disk.state.back()->data == "the old members are not needed");
    }
  }
}

TEST_CASE("4.3: inside a joint change neither half goes on without the other, and all is well when it is back") {
  for (const std::vector<uint64_t>& lost : {std::vector<uint64_t>{4, 5}, std::vector<uint64_t>{2, 3}}) {
    Cluster cluster(5, voters({1, 2, 3}));
    cluster.start_all();
    REQUIRE(cluster.elect(1) == 1);
    change(cluster, joint({1, 4, 5}, {1, 2, 3}));
    cluster.link_down = isolate(lost);
    const Index commit = cluster.raft(1).log().commit();
    REQUIRE(cluster.raft(1).propose("a"));
    cluster.tick_all(60);
    CHECK(cluster.leader() == 0);
    for (uint64_t id = 1; id <= 5; ++id) CHECK(cluster.raft(id).log().commit() == commit);
    cluster.link_down = nullptr;
    cluster.tick_all(60);
    change(cluster, voters({1, 4, 5}));
    cluster.tick_all(3);
    CHECK(cluster.raft(5).configuration() == voters({1, 4, 5}));
  }
}

TEST_CASE("4.2.2: a leader that is removed commits its removal, tells all, and goes") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  change(cluster, voters({2, 3}));  // not a tick passes
  for (uint64_t id : {1, 2, 3}) CHECK(cluster.raft(id).configuration() == voters({2, 3}));
  CHECK(cluster.raft(1).role() == Role::kFollower);
  cluster.tick_all(100);
  CHECK(cluster.leader() > 1);
  CHECK(cluster.raft(1).role() == Role::kFollower);
}

TEST_CASE(
    "of two voters the leader removes itself, and the other goes on, though it never hears that this is committed") {
  struct Case {
    const char* name;
    size_t more;  // entries behind the removal that only the one that goes has
    bool restarts;
  };
  for (const Case& c : {Case{"with equal logs", 0, false}, Case{"with more at the one that goes", 2, false},
                        Case{"which starts again meanwhile", 2, true}}) {
    CAPTURE(c.name);
    Cluster cluster(2, voters({1, 2}));
    cluster.start_all();
    REQUIRE(cluster.elect(1) == 1);
    REQUIRE(cluster.raft(1).propose_configuration(to_text(voters({2}))));
    cluster[1].take_ready();
    cluster.collect(cluster[1]);
    for (Message& message : std::exchange(cluster.wire, {})) cluster.deliver(std::move(message));
    for (size_t i = 0; i < c.more; ++i) REQUIRE(cluster.raft(1).propose("only here"));
    cluster.link_down = [](MemberId from, MemberId) { return from == MemberId(1); };
    cluster.settle();
    REQUIRE(cluster.raft(1).configuration() == voters({2}));
    REQUIRE(cluster.raft(2).configuration() == voters({1, 2}));
    if (c.restarts) restart(cluster, 1);

    cluster.link_down = nullptr;
    cluster.tick_all(60);
    CHECK(cluster.leader() == 2);
    CHECK(cluster.raft(2).configuration() == voters({2}));
    CHECK(cluster.raft(2).leads_alone());
  }
}

TEST_CASE("a leader that becomes a learner goes as well, and follows on") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  change(cluster, with_learner({2, 3}, 1));
  CHECK(cluster.raft(1).role() == Role::kFollower);
  cluster.tick_all(60);
  REQUIRE(cluster.leader() > 1);
  REQUIRE(cluster.raft(cluster.leader()).propose("a"));
  cluster.settle();
  CHECK(cluster[1].disk.state.back()->data == "a");
}

TEST_CASE("INV-R13: a learner gets all and counts for nothing") {
  Script leader = Script::leader(with_learner({1, 2, 3}, 4));
  leader.tell(4, 1, accepted(1));
  CHECK(leader.raft().log().commit() == Index(0));
  leader.tell(2, 1, accepted(1));
  REQUIRE(leader.raft().read_index());
  const Round round = bodies<Heartbeat>(leader.hear(), 4).at(0).round;
  leader.tell(4, 1, HeartbeatReply{round});
  CHECK(leader.member.reads.empty());
  leader.tell(3, 1, HeartbeatReply{round});
  CHECK(leader.member.reads.size() == 1);
}

TEST_CASE(
    "RB-43: a member that does not know yet of its promotion votes, and so a leader is found without the old one") {
  Cluster cluster(3, with_learner({1, 2}, 3));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  cluster.tick_all(2);
  cluster.link_down = isolate({3});
  change(cluster, voters({1, 2, 3}));
  CHECK(cluster.raft(3).configuration() == with_learner({1, 2}, 3));
  cluster[1].crash(100, 1000);
  cluster.link_down = nullptr;
  cluster.tick_all(60);
  CHECK(cluster.leader() == 2);
  CHECK(cluster.raft(3).configuration() == voters({1, 2, 3}));
}

TEST_CASE("a voter that becomes a learner while it stands no longer does") {
  Script script(5, 0, {1});
  script.raft().campaign();
  CHECK(script.raft().role() == Role::kPreCandidate);
  script.raft().apply_configuration(with_learner({2, 3}, 1));
  CHECK(script.raft().role() == Role::kFollower);
}

TEST_CASE("INV-R11: a membership change waits until the one before, and any inherited, has been applied") {
  Script leader = Script::leader();
  CHECK(leader.raft().propose_configuration("x").error().code == Code::kTooManyRequests);
  leader.tell(2, 1, accepted(1));
  REQUIRE(leader.raft().propose_configuration(to_text(voters({1, 2, 3, 4}))));
  CHECK(leader.raft().propose_configuration("x").error().code == Code::kTooManyRequests);
  leader.hear();
  CHECK(leader.raft().progress(MemberId(4)) == nullptr);  // acts when applied
  leader.tell(2, 1, accepted(2));
  CHECK(leader.raft().progress(MemberId(4)) != nullptr);
  CHECK(leader.raft().propose_configuration(to_text(voters({1, 2, 3}))));
}

TEST_CASE("members join as learners, become voters, and leave, the leader among them") {
  Cluster cluster(4, voters({1, 2, 3}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  change(cluster, with_learner({1, 2, 3}, 4));
  cluster.tick_all(2);
  CHECK(cluster[4].disk.state.size() == cluster[1].disk.state.size());
  change(cluster, voters({1, 2, 3, 4}));
  CHECK(cluster.raft(4).configuration() == voters({1, 2, 3, 4}));
  change(cluster, voters({2, 3, 4}));
  CHECK(cluster.raft(1).role() == Role::kFollower);
  cluster.tick_all(60);
  REQUIRE(cluster.leader() > 1);
  CHECK(cluster.raft(1).role() == Role::kFollower);
  REQUIRE(cluster.raft(cluster.leader()).propose("a"));
  cluster.settle();
  CHECK(cluster.checker.committed() == cluster.raft(cluster.leader()).log().last_index().value);
}

TEST_CASE("a smaller quorum commits at once what it has had all along") {
  Cluster cluster(2, voters({1, 2}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  cluster.link_down = isolate({2});
  REQUIRE(cluster.raft(1).propose("a"));
  cluster.settle();
  CHECK(cluster.raft(1).log().commit() == Index(1));
  cluster.raft(1).apply_configuration(voters({1}));
  CHECK(cluster.raft(1).log().commit() == Index(2));
}

}  // namespace viaduct::raft::test
