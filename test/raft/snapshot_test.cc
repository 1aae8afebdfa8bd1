// Followers that need a snapshot: what the leader asks of its caller, and how often (RF-8, RF-9).
#include <doctest/doctest.h>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

const MemberId kBehind(2);

// Leads {1, 2, 3} with everything up to index 5 compacted, none of which member 2 has; it has just asked for a
// snapshot.
Script leader_of_one_behind() {
  Script leader = Script::leader();
  for (int i = 0; i < 4; ++i) REQUIRE(leader.raft().propose("a"));
  leader.hear();
  leader.tell(3, 1, accepted(5));
  leader.raft().compact(Index(5));
  leader.tell(2, 1, AppendReply{false, Index(0).next(), {}});
  for (int i = 0; i < 3; ++i) leader.tell(2, 1, HeartbeatReply{});
  return leader;
}

size_t asked(Script& leader) {
  leader.hear();
  return std::exchange(leader.member.snapshots_wanted, {}).size();
}

size_t asked_after_an_answer(Script& leader) {
  leader.tell(2, 1, HeartbeatReply{});
  return asked(leader);
}

}  // namespace

// Known bug: RB-24.
TEST_CASE("a follower behind the log gets one snapshot at a time, however often it answers") {
  Script leader = leader_of_one_behind();
  CHECK(asked(leader) == 1);
  for (int i = 0; i < 100; ++i) {
    leader.raft().tick();
    leader.tell(3, 1, HeartbeatReply{});
    CHECK(asked_after_an_answer(leader) == 0);
    CHECK(bodies<AppendRequest>(leader.member.out, 2).empty());
  }
  CHECK(leader.raft().progress(kBehind)->state() == Progress::State::kSnapshot);
}

TEST_CASE("a snapshot that failed is asked for again when the follower answers next, again and again") {
  Script leader = leader_of_one_behind();
  CHECK(asked(leader) == 1);
  for (int i = 0; i < 10; ++i) {
    leader.raft().snapshot_sent(kBehind, std::nullopt);
    CHECK(asked(leader) == 0);  // not at once: whatever failed may go on failing
    CHECK(asked_after_an_answer(leader) == 1);
  }
  leader.raft().snapshot_sent(kBehind, Index(5));
  leader.tell(2, 1, accepted(5));
  CHECK(leader.raft().progress(kBehind)->state() == Progress::State::kReplicate);
}

TEST_CASE("a snapshot that was sent, but of which the follower says nothing, is followed up by a probe behind it") {
  Script leader = leader_of_one_behind();
  asked(leader);
  leader.raft().snapshot_sent(kBehind, Index(5));
  REQUIRE(leader.raft().propose("b"));
  const auto probe = bodies<AppendRequest>(leader.tell(2, 1, HeartbeatReply{}), 2);
  REQUIRE(probe.size() == 1);
  CHECK(probe[0].previous == entry_id(5, 1));
  leader.tell(2, 1, AppendReply{false, Index(5), {}});  // it was not installed
  CHECK(asked_after_an_answer(leader) == 1);
}

TEST_CASE("RB-24, RB-39: a log cut again while a snapshot is under way makes another one needed, and no harm") {
  Script leader = leader_of_one_behind();
  asked(leader);
  for (int i = 0; i < 3; ++i) REQUIRE(leader.raft().propose("b"));
  leader.hear();
  leader.tell(3, 1, accepted(8));
  leader.raft().compact(Index(8));
  leader.raft().snapshot_sent(kBehind, Index(5));
  leader.tell(2, 1, accepted(5));
  CHECK(leader.raft().progress(kBehind)->match() == Index(5));
  CHECK(asked_after_an_answer(leader) == 1);
  leader.raft().snapshot_sent(kBehind, Index(8));
  leader.tell(2, 1, accepted(8));
  CHECK(leader.raft().progress(kBehind)->state() == Progress::State::kReplicate);
}

TEST_CASE("RB-39: a follower needs a snapshot exactly when the entry before its next one is gone") {
  for (const uint64_t match : {3, 4, 5, 6}) {
    CAPTURE(match);
    Script leader = Script::leader();
    leader.tell(2, 1, accepted(1));
    leader.tell(3, 1, accepted(1));
    for (int i = 0; i < 6; ++i) REQUIRE(leader.raft().propose("a"));
    leader.hear();
    leader.tell(3, 1, accepted(7));
    leader.tell(2, 1, accepted(match));
    leader.raft().compact(Index(5));
    leader.raft().unreachable(kBehind);
    CHECK(asked_after_an_answer(leader) == (match < 5 ? 1 : 0));
  }
}

TEST_CASE("RB-39: a log cut under appends that are on their way, or to be fetched, sends the follower a snapshot") {
  Script leader = Script::leader();
  leader.tell(2, 1, accepted(1));
  leader.tell(3, 1, accepted(1));
  for (int i = 0; i < 4; ++i) REQUIRE(leader.raft().propose("a"));
  leader.hear();  // lost on the way to 2
  leader.tell(3, 1, accepted(5));
  leader.raft().compact(Index(5));
  leader.raft().unreachable(kBehind);
  CHECK(asked_after_an_answer(leader) == 1);
  CHECK(leader.raft().progress(kBehind)->window().messages() == 0);
}

TEST_CASE("RB-39: with its window full of appends that were cut away, a follower is probed, and needs a snapshot") {
  Options options = options_of(1);
  options.max_append_bytes = 1;
  options.window = {1, 1 << 20};
  Script leader = Script::leader(voters({1, 2, 3}), options);
  leader.tell(2, 1, accepted(1));
  for (int i = 0; i < 4; ++i) REQUIRE(leader.raft().propose("a"));
  leader.hear();  // lost on the way to 2
  for (uint64_t index = 1; index <= 5; ++index) leader.tell(3, 1, accepted(index));
  leader.raft().compact(Index(5));
  REQUIRE(leader.raft().progress(kBehind)->window().is_full());
  CHECK(asked_after_an_answer(leader) == 1);
  CHECK(leader.raft().progress(kBehind)->window().messages() == 0);
}

TEST_CASE("a snapshot is not asked for while the follower is silent") {
  Script leader = Script::leader();
  for (int i = 0; i < 4; ++i) REQUIRE(leader.raft().propose("a"));
  leader.hear();
  leader.tell(3, 1, accepted(5));
  for (int i = 0; i < 10; ++i) {
    leader.raft().tick();
    leader.tell(3, 1, HeartbeatReply{});
  }
  leader.raft().compact(Index(5));
  CHECK(asked(leader) == 0);
  leader.raft().tick();
  CHECK(asked(leader) == 0);
  leader.tell(2, 1, AppendReply{false, Index(1), {}});
  CHECK(asked(leader) + asked_after_an_answer(leader) == 1);
}

TEST_CASE("a follower that is removed while its snapshot is under way, and comes back, starts afresh") {
  Script leader = leader_of_one_behind();
  asked(leader);
  leader.raft().apply_configuration(voters({1, 3}));
  leader.raft().snapshot_sent(kBehind, Index(5));
  CHECK(leader.raft().progress(kBehind) == nullptr);
  leader.raft().apply_configuration(with_learner({1, 3}, 2));
  leader.raft().snapshot_sent(kBehind, Index(5));  // of the time before
  CHECK(leader.raft().progress(kBehind)->match() == Index());
  CHECK(leader.raft().progress(kBehind)->state() == Progress::State::kProbe);
}

TEST_CASE("a follower that caught up by other means while its snapshot is under way goes on from there") {
  Script leader = leader_of_one_behind();
  asked(leader);
  leader.tell(2, 1, accepted(5));
  CHECK(leader.raft().progress(kBehind)->state() == Progress::State::kReplicate);
  leader.raft().snapshot_sent(kBehind, std::nullopt);
  CHECK(leader.raft().progress(kBehind)->state() == Progress::State::kReplicate);
}

TEST_CASE("InstallSnapshot 6 and 7 (7): entries behind a snapshot stay if the log has its last entry, else all goes") {
  struct Case {
    const char* name;
    EntryId snapshot;
    bool stays;
    std::vector<uint64_t> kept;
  };
  for (const Case& c :
       {Case{"within the log", entry_id(2, 1), true, {4}}, Case{"at its end", entry_id(3, 4), true, {}},
        Case{"another entry there", entry_id(2, 3), false, {}}, Case{"beyond", entry_id(9, 5), false, {}}}) {
    CAPTURE(c.name);
    Script script(5, 0, {1, 1, 4});
    script.tell(2, 5, Heartbeat{});
    CHECK(script.raft().installed(c.snapshot, voters({1, 2, 3})) == c.stays);
    CHECK(script.terms() == c.kept);
    CHECK(script.raft().log().base() == c.snapshot);
    CHECK(script.raft().log().applied() == c.snapshot.index);
    CHECK(script.raft().durable() >= c.snapshot.index);
    const auto replies = bodies<AppendReply>(script.raft().ready().messages_now, 2);
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].index == c.snapshot.index);
  }
}

TEST_CASE("a snapshot of a newer term brings that term along") {
  Script script(5, 3, {1});
  script.raft().installed(entry_id(9, 7), voters({2, 3}));
  CHECK(script.raft().hard_state() == HardState{Term(7), MemberId(), Index(9)});
  CHECK(script.raft().configuration() == voters({2, 3}));
}

}  // namespace viaduct::raft::test
