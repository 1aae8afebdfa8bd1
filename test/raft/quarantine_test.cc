// A member that has lost part of its log (CC-12), knowingly or not (RB-38).
#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

// Member 1 in term 5, of {1, 2, 3}, which had `terms` and has lost the last `lost` entries. Its incarnation is 2.
Script with_loss(const std::vector<uint64_t>& terms, size_t lost) {
  Script script(5, 3, terms);
  script.member.crash(0, 0);
  script.member.disk.lose_tail(lost);
  script.member.start();
  return script;
}

AppendReply in_quarantine(AppendReply reply) {
  reply.quarantined = true;
  return reply;
}

// Of term 1 with members 2 and 3 up to date at index 2, all in their first incarnation.
Script settled_leader(const Configuration& configuration = voters({1, 2, 3})) {
  Script leader = Script::leader(configuration);
  REQUIRE(leader.raft().propose("a"));
  leader.hear();
  leader.tell(2, 1, accepted(2));
  leader.tell(3, 1, accepted(2));
  REQUIRE(leader.raft().log().commit() == Index(2));
  return leader;
}

Heartbeat next_heartbeat(Script& leader, uint64_t to) {
  leader.raft().tick();
  return bodies<Heartbeat>(leader.hear(), to).at(0);
}

// Three members, of which 3 goes down with all there is, its last entries to be lost.
void lose_at_3(Cluster& cluster, size_t entries, size_t lost) {
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  for (size_t i = 0; i < entries; ++i) REQUIRE(cluster.raft(1).propose("a"));
  cluster.settle();
  cluster[3].crash(0, 0);
  cluster[3].disk.lose_tail(lost);
}

}  // namespace

// --- the member that has lost something ---

TEST_CASE("a member in quarantine keeps term and vote, gives none, and does not stand") {
  Script script = with_loss({1, 2, 3}, 1);
  CHECK(script.raft().quarantined());
  CHECK(script.raft().hard_state() == HardState{Term(5), MemberId(3), Index()});
  CHECK_FALSE(bodies<PreVoteReply>(script.tell(2, 6, PreVoteRequest{entry_id(9, 5)})).at(0).granted);
  CHECK_FALSE(bodies<VoteReply>(script.tell(3, 5, VoteRequest{entry_id(9, 5)})).at(0).granted);
  CHECK_FALSE(bodies<VoteReply>(script.tell(2, 6, VoteRequest{entry_id(9, 5)})).at(0).granted);
  CHECK(script.raft().hard_state() == HardState{Term(6), MemberId(), Index()});

  for (int i = 0; i < 100; ++i) script.raft().tick();
  script.raft().campaign();
  script.tell(2, 6, TimeoutNow{});
  CHECK(script.raft().role() == Role::kFollower);
  CHECK(script.raft().term() == Term(6));
}

TEST_CASE("a member in quarantine says so in every reply to an append, and follows commit as far as it has entries") {
  Script script = with_loss({1, 2, 3}, 1);
  CHECK(bodies<AppendReply>(script.tell(2, 5, AppendRequest{entry_id(3, 3), {}, Index()})).at(0).quarantined);
  CHECK(bodies<AppendReply>(script.tell(2, 5, AppendRequest{entry_id(2, 2), {}, Index()})).at(0).quarantined);
  const auto answers = script.tell(2, 5, Heartbeat{Index(3), Round(7)});  // the leader does not know yet
  CHECK(bodies<HeartbeatReply>(answers).at(0).round == Round(7));
  CHECK(script.raft().log().commit() == Index(2));
  CHECK(script.raft().protocol_errors() == 0);
}

TEST_CASE("a start in quarantine accepts a commit index beyond what is left of the log, and nothing else amiss") {
  struct Case {
    const char* name;
    HardState hard_state;
    uint64_t applied;
    bool starts;
  };
  for (const Case& c : {Case{"commit beyond the end", {Term(3), {}, Index(9)}, 2, true},
                        Case{"applied beyond the end", {Term(3), {}, Index(3)}, 4, false},
                        Case{"the term is lost as well", {Term(2), {}, Index(3)}, 2, false}}) {
    CAPTURE(c.name);
    Log log({}, Index(c.applied), 1 << 20);
    for (const EntryPtr& entry : make_entries(1, {1, 2, 3})) log.restore(*entry);
    SeededRandom random(1);
    const auto raft = Raft::start(options_of(1), {c.hard_state, voters({1}), std::move(log), true}, random);
    CHECK(raft.has_value() == c.starts);
    if (raft) CHECK(raft->log().commit() == Index(3));
  }
}

TEST_CASE("only a release of its own incarnation, from a leader of its term, ends a member's quarantine") {
  struct Case {
    const char* name;
    uint64_t term, released;
    bool ends;
  };
  for (const Case& c :
       {Case{"none", 5, 0, false}, Case{"of the incarnation before", 5, 1, false}, Case{"its own", 5, 2, true},
        Case{"its own, from a newer leader", 6, 2, true}, Case{"its own, from an older leader", 4, 2, false}}) {
    CAPTURE(c.name);
    Script script = with_loss({1, 2, 3}, 1);
    script.tell(2, c.term, AppendRequest{entry_id(2, 2), {}, Index(0)});
    const auto answers = script.tell(2, c.term, Heartbeat{Index(2), Round(1), c.released});
    CHECK(script.raft().quarantined() == !c.ends);
    const auto replies = bodies<AppendReply>(answers);
    REQUIRE(replies.size() == (c.ends ? 1 : 0));
    if (c.ends) CHECK_FALSE(replies.front().quarantined);
    if (c.ends) CHECK(replies.front().index == Index(2));
    script.raft().forget_leader();
    CHECK(bodies<VoteReply>(script.tell(2, 9, VoteRequest{entry_id(9, 8)})).at(0).granted == c.ends);
  }
}

// --- its leader ---

TEST_CASE("a rejection of an append of an older term says nothing about the log, when its sender leads at last") {
  Script leader = settled_leader();
  leader.tell(2, 1, in_quarantine({false, Index(2), entry_id(1, 1)}), 2);
  leader.tell(2, 1, AppendReply{}, 2);
  leader.tell(2, 1, accepted(2), 2);  // only this ends it
  CHECK_FALSE(leader.raft().lost_log_of());
  Script other = settled_leader();
  other.tell(2, 1, AppendReply{}, 2);
  CHECK_FALSE(other.raft().lost_log_of());
  CHECK_FALSE(other.raft().progress(MemberId(2))->standing.counts());
}

TEST_CASE("RF-12: what a follower said before its last start is dropped and counted") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().propose("b"));
  leader.hear();
  leader.tell(2, 1, HeartbeatReply{Round()}, 2);
  CHECK(leader.raft().progress(MemberId(2))->match() == Index());
  leader.tell(2, 1, accepted(3), 1);
  leader.tell(2, 1, HeartbeatReply{Round()}, 1);
  CHECK(leader.raft().progress(MemberId(2))->match() == Index());
  CHECK(leader.raft().log().commit() == Index(2));
  CHECK(leader.raft().stale_replies() == 2);
  CHECK(leader.raft().protocol_errors() == 0);
}

TEST_CASE("a follower that has started anew is probed anew, and its hint is used") {
  Script leader = settled_leader();
  REQUIRE(leader.raft().propose("b"));
  leader.hear();
  const auto probe = bodies<AppendRequest>(leader.tell(2, 1, HeartbeatReply{Round()}, 2), 2);
  REQUIRE(probe.size() == 1);
  CHECK(probe[0].previous == entry_id(3, 1));
  CHECK(leader.raft().progress(MemberId(2))->state() == Progress::State::kProbe);
  const auto next = bodies<AppendRequest>(leader.tell(2, 1, in_quarantine({false, Index(3), entry_id(1, 1)}), 2), 2);
  REQUIRE(next.size() == 1);
  CHECK(next[0].previous == entry_id(1, 1));
  CHECK(next[0].entries.size() == 2);
  CHECK_FALSE(leader.raft().lost_log_of());
}

TEST_CASE("what a follower in quarantine acknowledges commits nothing") {
  Script leader = settled_leader();
  leader.tell(2, 1, in_quarantine(accepted(2)), 2);
  REQUIRE(leader.raft().propose("b"));
  leader.hear();
  leader.tell(2, 1, in_quarantine(accepted(3)), 2);
  CHECK(leader.raft().progress(MemberId(2))->match() == Index(3));
  CHECK(leader.raft().log().commit() == Index(2));
  leader.tell(3, 1, accepted(3));
  CHECK(leader.raft().log().commit() == Index(3));
}

TEST_CASE("what a follower in quarantine answers confirms no read, keeps no leadership and gets none") {
  Script leader = settled_leader();
  leader.tell(2, 1, in_quarantine(accepted(2)), 2);
  CHECK(leader.raft().transfer_leadership(MemberId(2)).error().code == Code::kUnavailable);
  CHECK(leader.raft().best_successor() == MemberId(3));
  REQUIRE(leader.raft().read_index());
  const Round round = bodies<Heartbeat>(leader.hear(), 2).at(0).round;
  leader.tell(2, 1, HeartbeatReply{round}, 2);
  CHECK(leader.member.reads.empty());
  for (int i = 0; i < 20; ++i) {
    leader.raft().tick();
    leader.tell(2, 1, HeartbeatReply{round}, 2);
  }
  CHECK(leader.raft().role() == Role::kFollower);
}

TEST_CASE("CC-12: a follower is released once it has what was committed when a quorum answered after it came back") {
  Script leader = settled_leader();
  const Round before = next_heartbeat(leader, 3).round;
  leader.tell(2, 1, in_quarantine({false, Index(2), entry_id(0, 0)}), 2);
  leader.tell(3, 1, HeartbeatReply{before});  // sent before the leader knew
  leader.tell(2, 1, in_quarantine(accepted(2)), 2);
  Heartbeat heartbeat = next_heartbeat(leader, 2);
  CHECK(heartbeat.released == 0);
  leader.tell(2, 1, HeartbeatReply{heartbeat.round}, 2);
  CHECK(next_heartbeat(leader, 2).released == 0);  // its own answer confirms nothing
  REQUIRE(leader.raft().propose("committed before the round is answered"));
  leader.hear();
  leader.tell(3, 1, accepted(3));
  leader.tell(3, 1, HeartbeatReply{heartbeat.round});
  CHECK(next_heartbeat(leader, 2).released == 0);  // matches 2 of 3
  leader.tell(2, 1, in_quarantine(accepted(3)), 2);
  CHECK(next_heartbeat(leader, 2).released == 2);
  CHECK(next_heartbeat(leader, 3).released == 0);
  leader.tell(2, 1, accepted(3), 2);
  CHECK(next_heartbeat(leader, 2).released == 0);
  REQUIRE(leader.raft().propose("it counts again"));
  leader.hear();
  leader.tell(2, 1, accepted(4), 2);
  CHECK(leader.raft().log().commit() == Index(4));
}

TEST_CASE("what a follower acknowledged in quarantine is committed when it leaves, though nothing follows") {
  Script leader = settled_leader();
  leader.tell(2, 1, in_quarantine(accepted(2)), 2);
  leader.tell(3, 1, HeartbeatReply{next_heartbeat(leader, 3).round});
  REQUIRE(leader.raft().propose("3 is gone now"));
  leader.hear();
  leader.tell(2, 1, in_quarantine(accepted(3)), 2);
  CHECK(leader.raft().log().commit() == Index(2));
  REQUIRE(next_heartbeat(leader, 2).released == 2);
  leader.tell(2, 1, accepted(2), 2);
  CHECK(leader.raft().log().commit() == Index(3));
}

TEST_CASE("a leader that has committed nothing in its term releases nobody") {
  Script leader = Script::leader();
  leader.tell(2, 1, in_quarantine(accepted(1)), 2);
  for (int i = 0; i < 3; ++i) leader.tell(3, 1, HeartbeatReply{next_heartbeat(leader, 3).round});
  CHECK(next_heartbeat(leader, 2).released == 0);
  leader.tell(3, 1, accepted(1));
  leader.tell(3, 1, HeartbeatReply{next_heartbeat(leader, 3).round});
  CHECK(next_heartbeat(leader, 2).released == 2);
}

TEST_CASE("a snapshot on its way to a follower that starts anew is waited for, and counts as matching") {
  Script leader = settled_leader(voters({1, 2, 3}));
  leader.raft().compact(Index(2));
  leader.tell(2, 1, in_quarantine({false, Index(2), {}}), 2);
  CHECK(leader.member.snapshots_wanted == std::vector{MemberId(2)});
  leader.tell(2, 1, HeartbeatReply{Round()}, 3);
  CHECK(leader.raft().progress(MemberId(2))->state() == Progress::State::kSnapshot);
  CHECK(leader.member.snapshots_wanted.size() == 1);
  leader.tell(2, 1, in_quarantine(accepted(2)), 3);  // installed
  CHECK(leader.raft().progress(MemberId(2))->match() == Index(2));
  leader.tell(3, 1, HeartbeatReply{next_heartbeat(leader, 3).round});
  CHECK(next_heartbeat(leader, 2).released == 3);
}

// --- all together ---

TEST_CASE("a member that lost the tail of its log gets it back and takes part again") {
  for (size_t lost : {0, 1, 5, 11}) {
    CAPTURE(lost);
    Cluster cluster(3, voters({1, 2, 3}));
    lose_at_3(cluster, 10, lost);
    cluster.start(3);
    CHECK(cluster.raft(3).quarantined());
    cluster.tick_all(5);
    CHECK_FALSE(cluster.raft(3).quarantined());
    CHECK_FALSE(cluster[3].disk.quarantined);
    cluster.link_down = isolate({2});
    REQUIRE(cluster.raft(1).propose("b"));
    cluster.settle();
    CHECK(cluster[3].disk.state.size() == 12);
    CHECK(cluster.raft(3).protocol_errors() == 0);
  }
}

TEST_CASE("a member that lost the tail of its log gets it back by a snapshot when the log was compacted") {
  Cluster cluster(3, voters({1, 2, 3}));
  lose_at_3(cluster, 10, 11);
  cluster.raft(1).compact(Index(8));
  cluster.start(3);
  cluster.tick_all(5);
  CHECK_FALSE(cluster.raft(3).quarantined());
  CHECK(cluster.raft(3).log().base().index == Index(11));
}

TEST_CASE("a member that lost what it had acknowledged helps nobody to lead without it") {
  // 1 and 3 have committed entries that 2 never got. 3 loses them, and 1 is gone.
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.link_down = isolate({2});
  lose_at_3(cluster, 10, 11);
  cluster[1].crash(0, 100);
  cluster.link_down = nullptr;
  cluster.start(3);
  cluster.tick_all(200);
  CHECK(cluster.leader() == 0);
  cluster.start(1);
  cluster.tick_all(60);
  REQUIRE(cluster.leader() == 1);
  for (uint64_t id : {1, 2, 3}) CHECK(cluster[id].disk.state.size() == 12);
  CHECK_FALSE(cluster.raft(3).quarantined());
}

TEST_CASE("a member in quarantine gets through a change of leader, and another start") {
  Cluster cluster(5, voters({1, 2, 3, 4, 5}));
  lose_at_3(cluster, 10, 8);
  cluster.link_down = isolate({1});
  cluster.start(3);
  cluster.tick_all(60);
  REQUIRE(cluster.leader() > 1);
  cluster[3].crash(100, 100);
  cluster.start(3);
  cluster.tick_all(5);
  CHECK_FALSE(cluster.raft(3).quarantined());
  cluster.link_down = nullptr;
  cluster.tick_all(5);
  CHECK(cluster[3].disk.state.size() == cluster[2].disk.state.size());
}

// --- a loss that nobody knows of ---

TEST_CASE("RB-38: a member started from older data is found out, and counts for nothing") {
  struct Case {
    const char* name;
    size_t kept;
    bool by_append;  // is the first it hears an append, which it rejects, or a heartbeat?
    uint64_t found_out_by;
  };
  for (const Case& c : {Case{"an older day", 6, true, 1}, Case{"an empty directory", 0, true, 1},
                        Case{"an older day, by itself", 6, false, 3}, Case{"nothing, by itself", 0, false, 3}}) {
    CAPTURE(c.name);
    Cluster cluster(3, voters({1, 2, 3}));
    lose_at_3(cluster, 10, 11 - c.kept);
    cluster[3].disk.quarantined = false;
    cluster[3].disk.hard_state.commit = Index();
    cluster.start(3);
    if (c.by_append) REQUIRE(cluster.raft(1).propose("b"));
    cluster.settle();
    cluster.tick_all(3);
    CHECK(cluster.raft(c.found_out_by).lost_log_of() == MemberId(3));
    CHECK(cluster.raft(c.found_out_by).protocol_errors() > 0);
    CHECK(cluster.raft(1).role() == Role::kLeader);
    cluster.link_down = isolate({2});
    const Index commit = cluster.raft(1).log().commit();
    REQUIRE(cluster.raft(1).propose("not on a quorum that counts"));
    cluster.settle();
    CHECK(cluster.raft(1).log().commit() == commit);
    cluster.link_down = isolate({3});
    cluster.tick_all(60);
    REQUIRE(cluster.leader() != 0);
    REQUIRE(cluster.raft(cluster.leader()).propose("the others write on"));
    cluster.settle();
    CHECK(cluster.raft(1).log().commit() == cluster.raft(1).log().last_index());
  }
}

TEST_CASE("RB-38: what a follower had is known by its index alone once the log begins behind it") {
  struct Case {
    uint64_t kept;
    bool is_lost;
  };
  for (const Case& c : {Case{2, false}, Case{1, true}}) {
    CAPTURE(c.kept);
    Script leader = settled_leader();
    REQUIRE(leader.raft().propose("b"));
    leader.hear();
    leader.tell(2, 1, accepted(3));
    leader.raft().compact(Index(3));
    leader.tell(3, 1, AppendReply{false, Index(3), entry_id(c.kept, 1)}, 2);
    CHECK(leader.raft().lost_log_of().has_value() == c.is_lost);
  }
}

TEST_CASE("RB-38: a member that is told of entries it lacks knows of its loss, and keeps out of elections") {
  Script script(5, 0, {1, 2, 3});
  CHECK(script.tell(2, 5, Heartbeat{Index(4), Round(1)}).empty());
  CHECK(script.raft().lost_log_of() == script.raft().id());
  CHECK_FALSE(script.raft().quarantined());
  CHECK(bodies<AppendReply>(script.tell(2, 5, AppendRequest{entry_id(3, 3), {}, Index(3)})).at(0).quarantined);
  script.tell(2, 5, Heartbeat{Index(3), Round(1), 1});  // no release from this
  script.raft().forget_leader();
  CHECK_FALSE(bodies<VoteReply>(script.tell(2, 6, VoteRequest{entry_id(9, 5)})).at(0).granted);
  for (int i = 0; i < 50; ++i) script.raft().tick();
  CHECK(script.raft().role() == Role::kFollower);
}

}  // namespace viaduct::raft::test
