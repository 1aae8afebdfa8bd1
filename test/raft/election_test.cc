// The rules of the raft paper's figure 2 about votes and roles, and those of the dissertation that go beyond it.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <set>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

bool granted(const std::vector<Message>& answers) {
  const auto votes = bodies<VoteReply>(answers);
  REQUIRE(votes.size() == 1);
  return votes[0].granted;
}

// Ticks until it stands for election; how long that took.
uint32_t ticks_to_stand(Raft& raft) {
  for (uint32_t ticks = 1; ticks < 1000; ++ticks) {
    raft.tick();
    if (raft.role() != Role::kFollower) return ticks;
  }
  return 0;
}

// Is there a majority of members 1..size in which each is linked to each?
template <typename IsLinked>
bool has_connected_majority(uint64_t size, const IsLinked& is_linked) {
  for (uint64_t group = 0; group < uint64_t{1} << size; ++group) {
    if (static_cast<uint64_t>(std::popcount(group)) <= size / 2) continue;
    bool connected = true;
    for (uint64_t a = 1; a <= size; ++a) {
      for (uint64_t b = 1; b < a; ++b) connected &= !(group >> (a - 1) & group >> (b - 1) & 1) || is_linked(a, b);
    }
    if (connected) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("RequestVote 1 and 2 (5.1, 5.2, 5.4): a vote is given once per term, to an up-to-date candidate") {
  struct Case {
    const char* name;
    uint64_t vote;  // in term 5, with log terms 1 1 4
    uint64_t candidate_term;
    EntryId candidate_last;
    bool granted;
    uint64_t term_after, vote_after;
  };
  for (const Case& c : {
           Case{"older term", 0, 4, entry_id(9, 4), false, 5, 0},
           Case{"free vote", 0, 5, entry_id(3, 4), true, 5, 2},
           Case{"the same candidate asks again", 2, 5, entry_id(3, 4), true, 5, 2},
           Case{"voted for another", 3, 5, entry_id(3, 4), false, 5, 3},
           Case{"newer term frees the vote", 3, 6, entry_id(3, 4), true, 6, 2},
           Case{"newer term, shorter log", 3, 6, entry_id(2, 4), false, 6, 0},
           Case{"newer term, older last term", 3, 6, entry_id(9, 3), false, 6, 0},
           Case{"free vote, newer last term", 0, 5, entry_id(1, 5), true, 5, 2},
           Case{"free vote, shorter log", 0, 5, entry_id(2, 4), false, 5, 0},
       }) {
    CAPTURE(c.name);
    Script script(5, c.vote, {1, 1, 4});
    const auto answers = script.tell(2, c.candidate_term, VoteRequest{c.candidate_last});
    CHECK(granted(answers) == c.granted);
    CHECK(answers[0].term == Term(c.term_after));
    CHECK(script.member.disk.hard_state.term == Term(c.term_after));
    CHECK(script.member.disk.hard_state.vote == MemberId(c.vote_after));
  }
}

TEST_CASE("INV-R5: a vote leaves only after it is on the disk, and is kept across a restart") {
  Script script(5, 0, {1});
  script.say(2, 6, VoteRequest{entry_id(1, 1)});
  const Ready ready = script.raft().ready();
  CHECK(ready.hard_state == HardState{Term(6), MemberId(2), Index()});
  CHECK(ready.messages_now.empty());
  REQUIRE(ready.messages_synced.size() == 1);
  CHECK(std::get<VoteReply>(ready.messages_synced[0].body).granted);

  Script restarted(6, 2, {1});
  CHECK_FALSE(granted(restarted.tell(3, 6, VoteRequest{entry_id(9, 6)})));
}

TEST_CASE("INV-R5: not even a refusal of a new term leaves before that term is on the disk") {
  Script script(5, 0, {1, 4});
  script.say(2, 6, VoteRequest{entry_id(1, 1)});
  const Ready ready = script.raft().ready();
  CHECK(ready.messages_now.empty());
  CHECK(ready.messages_synced.size() == 1);
}

TEST_CASE("all servers (5.1): a newer term in any message but a pre-vote makes a follower of that term") {
  const EntryId none;
  struct Case {
    const char* name;
    MessageBody body;
    bool moves;
  };
  for (const Case& c : {
           Case{"pre-vote request", PreVoteRequest{none}, false},
           Case{"pre-vote granted", PreVoteReply{true}, false},
           Case{"pre-vote refused", PreVoteReply{false}, true},
           Case{"vote granted", VoteReply{true}, true},
           Case{"append", AppendRequest{none, {}, Index()}, true},
           Case{"append accepted", AppendReply{true, Index(), none}, true},
           Case{"append rejected", AppendReply{}, true},
           Case{"heartbeat", Heartbeat{}, true},
           Case{"heartbeat reply", HeartbeatReply{}, true},
       }) {
    CAPTURE(c.name);
    Script leader = Script::leader();
    leader.tell(2, 9, c.body);
    CHECK(leader.raft().term() == Term(c.moves ? 9 : 1));
    CHECK(leader.raft().role() == (c.moves ? Role::kFollower : Role::kLeader));
    Script follower(1, 0, {});
    follower.tell(2, 9, c.body);
    CHECK(follower.raft().term() == Term(c.moves ? 9 : 1));
  }
}

TEST_CASE("an answer to a vote tells what is committed, and is believed for an entry that is in the log") {
  struct Case {
    const char* name;
    EntryId committed;
    uint64_t commit_after;
  };
  for (const Case& c : {
           Case{"nothing", entry_id(0, 0), 1},
           Case{"less than is known", entry_id(1, 1), 1},
           Case{"an entry of the log", entry_id(2, 1), 2},
           Case{"its last entry", entry_id(3, 4), 3},
           Case{"an entry that it has not", entry_id(4, 4), 1},
           Case{"another entry in its place", entry_id(3, 5), 1},
       }) {
    for (const bool granted : {false, true}) {
      for (const bool is_vote : {false, true}) {
        CAPTURE(c.name);
        CAPTURE(granted);
        CAPTURE(is_vote);
        Script script(5, 0, {1, 1, 4});
        script.tell(3, 5, AppendRequest{entry_id(1, 1), {}, Index(1)});
        script.tell(2, 5, is_vote ? MessageBody(VoteReply{granted, c.committed}) : PreVoteReply{granted, c.committed});
        CHECK(script.raft().log().commit() == Index(c.commit_after));
        CHECK(script.raft().leader() == MemberId(3));
      }
    }
  }
}

TEST_CASE("an answer to a vote says what the voter knows to be committed, whatever else it says") {
  struct Case {
    const char* name;
    uint64_t term;
    MessageBody request;
  };
  for (const Case& c : {Case{"granted before a vote", 6, PreVoteRequest{entry_id(9, 5)}},
                        Case{"refused before a vote", 5, PreVoteRequest{entry_id(9, 5)}},
                        Case{"granted", 6, VoteRequest{entry_id(9, 5)}}, Case{"refused", 6, VoteRequest{}},
                        Case{"of an older term", 4, VoteRequest{}}}) {
    CAPTURE(c.name);
    Script script(5, 0, {1, 1, 4});
    script.tell(3, 5, AppendRequest{entry_id(2, 1), {}, Index(2)});
    script.raft().forget_leader();
    const std::vector<Message> answers = script.tell(2, c.term, c.request);
    REQUIRE(answers.size() == 1);
    const auto* vote = std::get_if<VoteReply>(&answers[0].body);
    CHECK((vote ? vote->commit : std::get<PreVoteReply>(answers[0].body).commit) == entry_id(2, 1));
  }
}

TEST_CASE("followers (5.2): without a word from a leader a timeout in [1, 2) times the base starts a pre-vote") {
  std::set<uint32_t> timeouts;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Member member(options_of(1), voters({1, 2, 3}), seed);
    member.start();
    timeouts.insert(ticks_to_stand(*member.raft));
    CHECK(member.raft->role() == Role::kPreCandidate);
  }
  CHECK(*timeouts.begin() == 10);
  CHECK(*timeouts.rbegin() == 19);
  CHECK(timeouts.size() == 10);
}

TEST_CASE("followers (5.2): hearing the leader and granting a vote put the election off, refusing one does not") {
  struct Case {
    const char* name;
    uint64_t term;
    MessageBody body;
    bool puts_off;
  };
  for (const Case& c : {
           Case{"append", 5, AppendRequest{entry_id(1, 1), {}, Index()}, true},
           Case{"heartbeat", 5, Heartbeat{}, true},
           Case{"vote granted", 5, VoteRequest{entry_id(1, 1)}, true},
           Case{"vote refused", 5, VoteRequest{entry_id(0, 0)}, false},
           Case{"vote refused in a newer term", 6, VoteRequest{entry_id(0, 0)}, false},
           Case{"pre-vote granted", 6, PreVoteRequest{entry_id(1, 1)}, false},
           Case{"append of an older term", 4, AppendRequest{entry_id(1, 1), {}, Index()}, false},
       }) {
    CAPTURE(c.name);
    Script script(5, 0, {1});
    const uint32_t timeout = [] {
      Script twin(5, 0, {1});
      return ticks_to_stand(twin.raft());
    }();
    for (uint32_t i = 1; i < timeout; ++i) script.raft().tick();
    script.tell(2, c.term, c.body);
    script.raft().tick();
    CHECK((script.raft().role() == Role::kFollower) == c.puts_off);
  }
}

TEST_CASE("candidates (5.2): a pre-vote asks about the next term, and only its success moves term and vote") {
  Script script(5, 3, {1, 1, 4});
  script.raft().campaign();
  CHECK(script.raft().role() == Role::kPreCandidate);
  auto sent = script.hear();
  REQUIRE(sent.size() == 2);
  for (const Message& message : sent) {
    CHECK(message.term == Term(6));
    CHECK(std::get<PreVoteRequest>(message.body).last == entry_id(3, 4));
  }
  CHECK(script.raft().hard_state() == HardState{Term(5), MemberId(3), Index()});

  sent = script.tell(2, 6, PreVoteReply{true});
  CHECK(script.raft().role() == Role::kCandidate);
  CHECK(script.member.disk.hard_state == HardState{Term(6), MemberId(1), Index()});
  REQUIRE(sent.size() == 2);
  for (const Message& message : sent) {
    CHECK(message.term == Term(6));
    CHECK(std::get<VoteRequest>(message.body).last == entry_id(3, 4));
  }
}

TEST_CASE("candidates (5.2): a candidate asks for votes, and counts its own, only once its own is on the disk") {
  Script script(5, 0, {});
  script.raft().campaign();
  script.hear();
  script.say(2, 6, PreVoteReply{true});
  const Ready ready = script.raft().ready();
  CHECK(ready.messages_now.empty());
  CHECK(ready.messages_synced.size() == 2);
  script.say(2, 6, VoteReply{true});
  CHECK(script.raft().role() == Role::kCandidate);
  script.raft().persisted(ready.sequence);
  CHECK(script.raft().role() == Role::kLeader);
}

TEST_CASE("candidates (5.2): the end of an older write does not make the candidate's own vote durable") {
  Script script(5, 0, {});
  script.tell(2, 5, Heartbeat{});
  script.say(2, 5, AppendRequest{{}, make_entries(1, {5}), Index()});
  const Ready older = script.raft().ready();
  script.raft().campaign();
  script.say(2, 6, PreVoteReply{true});
  const Ready vote = script.raft().ready();
  script.say(2, 6, VoteReply{true});
  script.raft().persisted(older.sequence);
  CHECK(script.raft().role() == Role::kCandidate);
  script.raft().persisted(vote.sequence);
  CHECK(script.raft().role() == Role::kLeader);
}

TEST_CASE("candidates (5.2): answers decide the election once, in its own term") {
  struct Answer {
    uint64_t from, term;
    bool granted;
  };
  struct Case {
    const char* name;
    std::vector<Answer> answers;
    Role role;
  };
  const Configuration five = voters({1, 2, 3, 4, 5});
  for (const Case& c : {
           Case{"none", {}, Role::kCandidate},
           Case{"a majority", {{2, 6, true}, {3, 6, true}}, Role::kLeader},
           Case{"one vote, repeated", {{2, 6, true}, {2, 6, true}}, Role::kCandidate},
           Case{"one vote, changed", {{2, 6, false}, {2, 6, true}, {3, 6, true}}, Role::kCandidate},
           Case{"votes of an older term", {{2, 5, true}, {3, 5, true}}, Role::kCandidate},
           Case{"a vote of a stranger", {{2, 6, true}, {9, 6, true}}, Role::kCandidate},
           Case{"a majority refuses", {{2, 6, false}, {3, 6, false}, {4, 6, false}}, Role::kFollower},
           Case{"a minority refuses", {{2, 6, false}, {3, 6, false}, {4, 6, true}, {5, 6, true}}, Role::kLeader},
           Case{"a newer term", {{2, 7, false}}, Role::kFollower},
       }) {
    CAPTURE(c.name);
    Script script(5, 0, {}, five);
    script.raft().campaign();
    script.hear();
    script.tell(2, 6, PreVoteReply{true});
    script.tell(3, 6, PreVoteReply{true});
    REQUIRE(script.raft().role() == Role::kCandidate);
    for (const Answer& answer : c.answers) script.tell(answer.from, answer.term, VoteReply{answer.granted});
    CHECK(script.raft().role() == c.role);
  }
}

TEST_CASE("candidates (5.2): a word of the term's leader ends candidacy, and a timeout starts it anew") {
  for (bool is_candidate : {false, true}) {
    CAPTURE(is_candidate);
    const auto standing = [&] {
      Script script(5, 0, {});
      script.raft().campaign();
      script.hear();
      if (is_candidate) script.tell(2, 6, PreVoteReply{true});
      return script;
    };
    const uint64_t term = is_candidate ? 6 : 5;
    Script heard = standing();
    heard.tell(3, term, Heartbeat{});
    CHECK(heard.raft().role() == Role::kFollower);
    CHECK(heard.raft().leader() == MemberId(3));

    Script unheard = standing();
    for (uint32_t i = 0; i < 20; ++i) unheard.raft().tick();
    CHECK(unheard.raft().role() == Role::kPreCandidate);
    CHECK(unheard.raft().term() == Term(term));
    CHECK_FALSE(bodies<PreVoteRequest>(unheard.hear()).empty());
  }
}

TEST_CASE("a pre-vote (9.6) is granted to an up-to-date candidate of a later term while no leader is heard") {
  struct Case {
    const char* name;
    bool hears_leader;
    uint64_t asked_term;
    EntryId last;
    bool granted;
  };
  for (const Case& c : {
           Case{"later term", false, 6, entry_id(3, 4), true},
           Case{"much later term", false, 60, entry_id(3, 4), true},
           Case{"own term", false, 5, entry_id(3, 4), false},
           Case{"older log", false, 6, entry_id(2, 4), false},
           Case{"a leader is heard (RF-1)", true, 6, entry_id(3, 4), false},
       }) {
    CAPTURE(c.name);
    Script script(5, 3, {1, 1, 4});
    if (c.hears_leader) script.tell(3, 5, Heartbeat{});
    const auto answers = script.tell(2, c.asked_term, PreVoteRequest{c.last});
    REQUIRE(answers.size() == 1);
    CHECK(std::get<PreVoteReply>(answers[0].body).granted == c.granted);
    CHECK(answers[0].term == Term(c.granted ? c.asked_term : 5));
    CHECK(script.raft().hard_state() == HardState{Term(5), MemberId(3), Index()});
  }
}

TEST_CASE("a grant that answers an earlier pre-vote does not count") {
  Script script(5, 0, {});
  script.raft().campaign();
  script.tell(2, 5, PreVoteReply{true});
  script.tell(2, 7, PreVoteReply{true});
  CHECK(script.raft().role() == Role::kPreCandidate);
}

TEST_CASE("4.2.3: whoever hears a leader ignores a candidate, its term included, until the leader is forgotten") {
  Script script(5, 0, {});
  script.tell(3, 5, Heartbeat{});
  CHECK(script.tell(2, 6, VoteRequest{}).empty());
  CHECK(script.raft().term() == Term(5));
  for (uint32_t i = 0; i < 9; ++i) script.raft().tick();
  CHECK(script.tell(2, 6, VoteRequest{}).empty());

  SUBCASE("by time") { script.raft().tick(); }
  SUBCASE("by word of the transport (RF-1)") { script.raft().forget_leader(); }
  CHECK(granted(script.tell(2, 6, VoteRequest{})));
}

TEST_CASE("4.2.3: a leader in contact ignores candidates") {
  Script leader = Script::leader();
  CHECK(leader.tell(2, 2, VoteRequest{entry_id(9, 1)}).empty());
  CHECK(leader.raft().role() == Role::kLeader);
  leader.raft().forget_leader();  // is for followers
  CHECK(leader.raft().leader() == MemberId(1));
}

TEST_CASE("check-quorum (6.2): a leader that a majority has not answered for a timeout steps down") {
  struct Case {
    const char* name;
    std::vector<uint64_t> answering;
    bool leads;
  };
  const Configuration configuration = with_learner({1, 2, 3, 4, 5}, 6);
  for (const Case& c : {Case{"nobody", {}, false}, Case{"one", {2}, false}, Case{"two", {2, 5}, true},
                        Case{"one and a learner", {2, 6}, false}, Case{"all", {2, 3, 4, 5, 6}, true}}) {
    CAPTURE(c.name);
    Script leader = Script::leader(configuration);
    for (uint32_t i = 0; i < 20; ++i) {  // the first timeout is for those that have not answered yet
      leader.raft().tick();
      for (uint64_t id : c.answering) leader.tell(id, 1, HeartbeatReply{Round(1)});
    }
    CHECK((leader.raft().role() == Role::kLeader) == c.leads);
    CHECK(leader.raft().term() == Term(1));
    CHECK((leader.raft().leader() == MemberId(1)) == c.leads);
  }
}

TEST_CASE("a member that is no voter does not stand, but answers votes (INV-R13)") {
  struct Case {
    const char* name;
    Configuration configuration;
  };
  for (const Case& c : {Case{"learner", with_learner({2, 3}, 1)}, Case{"stranger", voters({2, 3})}}) {
    CAPTURE(c.name);
    Script script(5, 0, {}, c.configuration);
    CHECK(ticks_to_stand(script.raft()) == 0);
    script.raft().campaign();
    CHECK(script.hear().empty());
    CHECK(granted(script.tell(2, 6, VoteRequest{})));
  }
}

TEST_CASE("a voter of the outgoing half stands, and needs both halves") {
  Configuration joint = voters({2, 3});
  joint.outgoing = {MemberId(1), MemberId(2)};
  Script script(5, 0, {}, joint);
  script.raft().campaign();
  CHECK(bodies<PreVoteRequest>(script.hear()).size() == 2);  // each asked once
  script.tell(2, 6, PreVoteReply{true});
  CHECK(script.raft().role() == Role::kPreCandidate);
  script.tell(3, 6, PreVoteReply{true});
  CHECK(script.raft().role() == Role::kCandidate);
}

TEST_CASE("nobody stands while a committed membership change waits to be applied") {
  Script script(5, 0, {});
  auto change =
      std::make_shared<const Entry>(Entry{Term(5), Index(1), EntryType::kConfiguration, to_text(voters({1, 2, 3, 4}))});
  script.say(2, 5, AppendRequest{{}, {change}, Index(1)});
  script.raft().forget_leader();
  script.raft().campaign();
  CHECK(script.raft().role() == Role::kFollower);
  script.hear();
  script.raft().campaign();
  CHECK(script.raft().role() == Role::kPreCandidate);
  CHECK(bodies<PreVoteRequest>(script.hear()).size() == 3);
}

TEST_CASE("nobody stands again while the disk still has to take the last vote") {
  Script script(5, 0, {}, voters({1}));
  script.raft().campaign();
  const Ready slow = script.raft().ready();
  for (uint32_t i = 0; i < 100; ++i) script.raft().tick();
  CHECK(script.raft().term() == Term(6));
  script.raft().persisted(slow.sequence);
  CHECK(script.raft().role() == Role::kLeader);
  CHECK(script.raft().term() == Term(6));
}

TEST_CASE("RB-45: a member whose term ran ahead brings its leader's term forward instead of being lost") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster[3].disk.hard_state.term = Term(7);
  cluster.link_down = isolate({3});
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  CHECK(cluster.raft(1).term() == Term(1));
  cluster.link_down = nullptr;
  cluster.tick_all(60);
  REQUIRE(cluster.leader() != 0);
  for (uint64_t id : {1, 2, 3}) {
    CHECK(cluster.raft(id).leader() == MemberId(cluster.leader()));
    CHECK(cluster.raft(id).term() > Term(7));
  }
}

TEST_CASE("INV-R1: with answers split among candidates of one term at most one of them leads") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    Cluster cluster(5, voters({1, 2, 3, 4, 5}), seed);
    cluster.start_all();
    for (uint64_t id = 1; id <= 5; ++id) cluster.raft(id).campaign();
    cluster.settle();
    cluster.tick_all(100);
    CHECK(cluster.leader() != 0);
  }
}

TEST_CASE("RB-43: with any one link cut, the leader of three stays") {
  for (uint64_t cut = 1; cut <= 3; ++cut) {
    CAPTURE(cut);
    Cluster cluster(3, voters({1, 2, 3}));
    cluster.start_all();
    REQUIRE(cluster.elect(1) == 1);
    const Term term = cluster.raft(1).term();
    const uint64_t a = cut, b = cut % 3 + 1;
    cluster.link_down = [=](MemberId from, MemberId to) {
      return (from.value == a && to.value == b) || (from.value == b && to.value == a);
    };
    cluster.tick_all(300);
    CHECK(cluster.leader() == 1);
    CHECK(cluster.raft(1).term() == term);
    CHECK(cluster.raft(1).propose("x"));
  }
}

TEST_CASE("RB-43: in every graph of links in which some majority is connected throughout, a leader commits") {
  for (uint64_t size : {3, 5}) {
    CAPTURE(size);
    const Configuration all = size == 3 ? voters({1, 2, 3}) : voters({1, 2, 3, 4, 5});
    for (uint64_t links = 0; links < uint64_t{1} << (size * (size - 1) / 2); ++links) {
      const auto is_linked = [&](uint64_t a, uint64_t b) {
        const uint64_t low = std::min(a, b) - 1, high = std::max(a, b) - 1;
        return a == b || (links >> (high * (high - 1) / 2 + low) & 1) != 0;
      };
      if (!has_connected_majority(size, is_linked)) continue;
      CAPTURE(links);
      Cluster cluster(size, all, links);
      cluster.start_all();
      REQUIRE(cluster.elect(1) == 1);
      cluster.link_down = [&](MemberId from, MemberId to) { return !is_linked(from.value, to.value); };
      const uint64_t committed = cluster.checker.committed();
      for (int i = 0; i < 300 && cluster.checker.committed() < committed + 3; ++i) {
        cluster.tick_all();
        if (cluster.leader() != 0) (void)cluster.raft(cluster.leader()).propose("a");
        cluster.settle();
      }
      CHECK(cluster.checker.committed() >= committed + 3);
    }
  }
}

}  // namespace viaduct::raft::test
