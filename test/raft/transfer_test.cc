// Leadership transfer (dissertation 3.10, RF-11).
#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

// Of term 1, with its first entry on all of three members.
Script settled_leader(const Configuration& configuration = voters({1, 2, 3})) {
  Script leader = Script::leader(configuration);
  leader.tell(2, 1, accepted(1));
  leader.tell(3, 1, accepted(1));
  return leader;
}

size_t orders(const std::vector<Message>& messages, uint64_t to) { return bodies<TimeoutNow>(messages, to).size(); }

}  // namespace

TEST_CASE("a transfer moves leadership within one exchange of messages, and nothing is lost") {
  for (uint64_t target : {2, 5}) {
    CAPTURE(target);
    Cluster cluster(5, voters({1, 2, 3, 4, 5}));
    cluster.start_all();
    REQUIRE(cluster.elect(1) == 1);
    REQUIRE(cluster.raft(1).propose("before"));
    REQUIRE(cluster.raft(1).transfer_leadership(MemberId(target)));
    cluster.settle();  // not a tick passes
    CHECK(cluster.leader() == target);
    CHECK(cluster.raft(1).role() == Role::kFollower);
    CHECK_FALSE(cluster.raft(1).transferring());
    CHECK(cluster.raft(1).leader() == MemberId(target));
    REQUIRE(cluster.raft(target).propose("after"));
    cluster.settle();
    for (uint64_t id = 1; id <= 5; ++id) CHECK(cluster[id].disk.state.size() == 4);
  }
}

TEST_CASE("a transfer is refused to who could not lead, and to oneself it has succeeded") {
  struct Case {
    const char* name;
    uint64_t to;
    std::optional<Code> refusal;
  };
  for (const Case& c : {Case{"a voter", 2, {}}, Case{"itself", 1, {}}, Case{"a learner", 4, Code::kInvalidArgument},
                        Case{"a stranger", 9, Code::kInvalidArgument}, Case{"nobody", 0, Code::kInvalidArgument}}) {
    CAPTURE(c.name);
    Script leader = settled_leader(with_learner({1, 2, 3}, 4));
    const Result<void> begun = leader.raft().transfer_leadership(MemberId(c.to));
    CHECK(begun.has_value() == !c.refusal);
    if (c.refusal) CHECK(begun.error().code == *c.refusal);
    CHECK(leader.raft().transferring() == (c.to == 2));
  }
  Script follower(5, 0, {1});
  CHECK(follower.raft().transfer_leadership(MemberId(2)).error().code == Code::kUnavailable);
  CHECK(follower.raft().transfer_leadership(MemberId(1)).error().code == Code::kUnavailable);
}

TEST_CASE("the target is brought up to date first, and proposals wait until the transfer is over") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().propose("a"));
  leader.hear();
  REQUIRE(leader.raft().transfer_leadership(MemberId(2)));
  CHECK(orders(leader.hear(), 2) == 0);
  CHECK(leader.raft().propose("b").error().code == Code::kUnavailable);
  CHECK(leader.raft().propose("b", Priority::kCleanup).error().code == Code::kUnavailable);
  CHECK(leader.raft().propose_configuration("b").error().code == Code::kUnavailable);
  CHECK(leader.raft().read_index());  // reads move nothing

  CHECK(orders(leader.tell(3, 1, accepted(2)), 2) == 0);
  const auto sent = leader.tell(2, 1, accepted(2));
  CHECK(orders(sent, 2) == 1);
  CHECK(orders(sent, 3) == 0);
  CHECK(leader.raft().transferring());

  leader.tell(2, 2, VoteRequest{entry_id(2, 1), true});
  CHECK(leader.raft().role() == Role::kFollower);
  CHECK_FALSE(leader.raft().transferring());
}

TEST_CASE("an order to stand that was lost is repeated with the answer to a heartbeat") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().transfer_leadership(MemberId(2)));
  CHECK(orders(leader.hear(), 2) == 1);
  leader.raft().tick();
  leader.hear();
  CHECK(orders(leader.tell(2, 1, HeartbeatReply{Round(1)}), 2) == 1);
}

TEST_CASE("RF-11: a transfer is given up after one election timeout, and proposals pass again") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().transfer_leadership(MemberId(2)));
  for (uint32_t i = 1; i <= 10; ++i) {
    CHECK(leader.raft().transferring());
    CHECK(leader.raft().transfer_leadership(MemberId(2)));  // asked again: the clock runs on
    leader.raft().tick();
    leader.tell(3, 1, HeartbeatReply{Round(1)});
  }
  CHECK_FALSE(leader.raft().transferring());
  CHECK(leader.raft().role() == Role::kLeader);
  CHECK(leader.raft().propose("a"));
  CHECK(orders(leader.tell(2, 1, HeartbeatReply{Round(1)}), 2) == 0);
}

TEST_CASE("a second transfer takes the place of the first, and one to the leader itself calls it off") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().propose("a"));
  leader.hear();
  REQUIRE(leader.raft().transfer_leadership(MemberId(2)));
  REQUIRE(leader.raft().transfer_leadership(MemberId(3)));
  CHECK(orders(leader.tell(2, 1, accepted(2)), 2) == 0);
  CHECK(orders(leader.tell(3, 1, accepted(2)), 3) == 1);
  REQUIRE(leader.raft().transfer_leadership(MemberId(1)));
  CHECK_FALSE(leader.raft().transferring());
  CHECK(leader.raft().propose("b"));
}

TEST_CASE("a transfer to a member that stops being a voter is called off") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().propose_configuration(to_text(with_learner({1, 3}, 2))));
  REQUIRE(leader.raft().transfer_leadership(MemberId(2)));
  leader.hear();
  leader.tell(3, 1, accepted(2));
  CHECK_FALSE(leader.raft().transferring());
  CHECK(leader.raft().propose("a"));
}

TEST_CASE("a member cut off during a transfer does not stop the others from having a leader") {
  for (uint64_t cut : {1, 2, 3}) {
    CAPTURE(cut);
    Cluster cluster(3, voters({1, 2, 3}));
    cluster.start_all();
    REQUIRE(cluster.elect(1) == 1);
    cluster.link_down = isolate({cut});
    REQUIRE(cluster.raft(1).transfer_leadership(MemberId(2)));
    cluster.settle();
    cluster.tick_all(60);
    const uint64_t leader = cluster.leader();
    REQUIRE(leader != 0);
    CHECK(leader != cut);
    REQUIRE(cluster.raft(leader).propose("a"));
    cluster.settle();
    CHECK(cluster.raft(leader).log().commit() == cluster.raft(leader).log().last_index());
  }
}

TEST_CASE(
    "3.10: TimeoutNow makes a voter stand at once, without a pre-vote, and whoever hears the leader still votes") {
  Script target(5, 0, {1});
  target.tell(2, 5, Heartbeat{});
  const auto requests = bodies<VoteRequest>(target.tell(2, 5, TimeoutNow{}));
  CHECK(target.raft().role() == Role::kCandidate);
  CHECK(target.raft().term() == Term(6));
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].transfer);

  Script voter(5, 0, {1});
  voter.tell(2, 5, Heartbeat{});
  CHECK(bodies<VoteReply>(voter.tell(3, 6, requests[0])).at(0).granted);
}

TEST_CASE("3.10: TimeoutNow is obeyed only by a voter, and only from its leader") {
  struct Case {
    const char* name;
    Configuration configuration;
    uint64_t from, term;
    uint64_t protocol_errors;
  };
  for (const Case& c : {
           Case{"an older leader", voters({1, 2, 3}), 2, 4, 0},
           Case{"not the leader", voters({1, 2, 3}), 3, 5, 1},
           Case{"a learner", with_learner({2, 3}, 1), 2, 5, 0},
       }) {
    CAPTURE(c.name);
    Script script(5, 0, {}, c.configuration);
    script.tell(2, 5, Heartbeat{});
    CHECK(script.tell(c.from, c.term, TimeoutNow{}).empty());
    CHECK(script.raft().role() == Role::kFollower);
    CHECK(script.raft().term() == Term(5));
    CHECK(script.raft().protocol_errors() == c.protocol_errors);
  }
}

TEST_CASE("the best successor is the voter in contact that has most, and nobody that lacks what is committed") {
  Script leader = Script::leader(with_learner({1, 2, 3}, 4));
  CHECK(leader.raft().best_successor() == MemberId(2));  // nothing is committed, so anybody would do
  leader.tell(2, 1, accepted(1));
  leader.tell(4, 1, accepted(1));
  CHECK(leader.raft().best_successor() == MemberId(2));
  REQUIRE(leader.raft().propose("a"));
  leader.hear();
  leader.tell(3, 1, accepted(2));
  CHECK(leader.raft().best_successor() == MemberId(3));
  for (int i = 0; i < 20; ++i) {
    leader.raft().tick();
    leader.tell(2, 1, HeartbeatReply{Round(1)});
  }
  CHECK_FALSE(leader.raft().best_successor());  // 3 is silent, and 2 and 4 lack what is committed
  CHECK_FALSE(Script(5, 0, {}).raft().best_successor());
}

}  // namespace viaduct::raft::test
