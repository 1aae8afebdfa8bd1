// The rules of the raft paper's figure 2 about a leader's appends and commits, and how replication is paced.
#include <doctest/doctest.h>

#include <functional>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

// Leads {1, 2, 3} in term 2 with four entries, none of them cached, of which member 3 has just said that it has none.
Script leader_that_fetches() {
  Script leader(1, 0, {1, 1, 1});
  leader.member.crash(0, 0);
  leader.member.cache_bytes = 0;
  leader.member.start();
  leader.raft().campaign();
  leader.hear();
  leader.tell(2, 2, PreVoteReply{true});
  leader.tell(2, 2, VoteReply{true});
  leader.tell(2, 2, accepted(4));
  REQUIRE(leader.raft().log().applied() == Index(4));
  leader.say(3, 2, AppendReply{false, Index(3), {}});
  return leader;
}

}  // namespace

TEST_CASE("leaders (5.2): a new leader appends an entry of its term at once, behind its log, and sends it to all") {
  Script script(4, 0, {1, 4});
  script.raft().campaign();
  script.hear();
  script.tell(2, 5, PreVoteReply{true});
  const auto sent = script.tell(2, 5, VoteReply{true});
  for (uint64_t to : {2, 3}) {
    const auto requests = bodies<AppendRequest>(sent, to);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].previous == entry_id(2, 4));
    REQUIRE(requests[0].entries.size() == 1);
    CHECK(*requests[0].entries[0] == Entry{Term(5), Index(3), EntryType::kCommand, ""});
  }
}

TEST_CASE("leaders (5.2): an idle leader sends heartbeats, each with a round of its own") {
  Script leader = Script::leader();
  leader.tell(2, 1, accepted(1));
  leader.raft().tick();
  auto first = bodies<Heartbeat>(leader.hear(), 2);
  leader.raft().tick();
  const auto second = leader.hear();
  REQUIRE(first.size() == 1);
  REQUIRE(bodies<Heartbeat>(second, 2).size() == 1);
  CHECK(first[0].round < bodies<Heartbeat>(second, 2)[0].round);
  CHECK(bodies<Heartbeat>(second, 2)[0].commit == Index(1));
  CHECK(bodies<Heartbeat>(second, 3)[0].commit == Index(0));  // not known to have anything
}

TEST_CASE("heartbeats are as many ticks apart as is asked for") {
  Options options = options_of(1);
  options.heartbeat_ticks = 3;
  Script leader = Script::leader(voters({1, 2, 3}), options);
  leader.hear();
  for (uint32_t tick = 1; tick <= 9; ++tick) {
    leader.raft().tick();
    CHECK(bodies<Heartbeat>(leader.hear(), 2).size() == (tick % 3 == 0 ? 1 : 0));
  }
}

TEST_CASE("leaders (5.3): a rejected follower is tried further back, by whole terms, until the logs meet") {
  Script script(7, 0, {1, 1, 4, 4, 6, 6, 6});
  script.raft().campaign();
  script.hear();
  script.tell(2, 8, PreVoteReply{true});
  script.tell(2, 8, VoteReply{true});
  auto requests = bodies<AppendRequest>(script.tell(2, 8, AppendReply{false, Index(7), entry_id(7, 5)}), 2);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].previous == entry_id(4, 4));
  requests = bodies<AppendRequest>(script.tell(2, 8, AppendReply{false, Index(4), entry_id(3, 3)}), 2);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].previous == entry_id(2, 1));
  CHECK(requests[0].entries.size() == 6);
  CHECK(script.tell(2, 8, AppendReply{false, Index(4), entry_id(3, 3)}).empty());  // the same again
  script.tell(2, 8, accepted(8));
  CHECK(script.raft().progress(MemberId(2))->match() == Index(8));
}

TEST_CASE("leaders (5.3, 5.4): an entry is committed by a durable majority of this term, and only then applied") {
  Script leader = Script::leader();
  REQUIRE(leader.raft().propose("a"));
  const Ready ready = leader.raft().ready();
  CHECK(ready.entries.size() == 1);
  CHECK(bodies<AppendRequest>(ready.messages_now).empty());  // both are still being probed
  leader.raft().persisted(ready.sequence);
  CHECK(leader.raft().log().commit() == Index(0));  // the leader alone is no majority
  leader.tell(2, 1, accepted(1));
  CHECK(leader.raft().log().commit() == Index(1));
  CHECK(leader.member.disk.state.size() == 1);
}

TEST_CASE("RF-6: commit may come before the leader's own sync, applying may not") {
  Script leader = Script::leader();
  leader.tell(2, 1, accepted(1));
  leader.tell(3, 1, accepted(1));
  REQUIRE(leader.raft().propose("a"));
  const Ready ready = leader.raft().ready();
  CHECK(bodies<AppendRequest>(ready.messages_now).size() == 2);  // sent while the sync runs
  leader.say(2, 1, accepted(2));
  CHECK(leader.raft().log().commit() == Index(1));
  leader.say(3, 1, accepted(2));
  CHECK(leader.raft().log().commit() == Index(2));
  CHECK(leader.raft().ready().committed.empty());
  leader.raft().persisted(ready.sequence);
  CHECK(leader.raft().ready().committed.size() == 1);
}

TEST_CASE("followers learn of a commit at once, not with the next heartbeat") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  REQUIRE(cluster.raft(1).propose("a"));
  cluster.settle();
  for (uint64_t id : {1, 2, 3}) CHECK(cluster[id].disk.state.size() == 2);
}

TEST_CASE("RF-5: appends are bounded in bytes and pipelined up to a window") {
  Options options = options_of(1);
  options.max_append_bytes = 2 * size_of(*make_entry(1, 1, "x"));
  options.window = {3, 1 << 20};
  Script leader = Script::leader(voters({1, 2, 3}), options);
  leader.tell(2, 1, accepted(1));
  for (int i = 0; i < 10; ++i) REQUIRE(leader.raft().propose("x"));
  auto requests = bodies<AppendRequest>(leader.hear(), 2);
  REQUIRE(requests.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(requests[i].previous.index == Index(1 + 2 * i));
    CHECK(requests[i].entries.size() == 2);
  }
  CHECK(leader.raft().progress(MemberId(2))->window().messages() == 3);

  // A full window whose appends or answers were lost: a heartbeat's answer brings an empty append that asks.
  leader.raft().tick();
  leader.hear();
  requests = bodies<AppendRequest>(leader.tell(2, 1, HeartbeatReply{Round(1)}), 2);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].previous.index == Index(7));
  CHECK(requests[0].entries.empty());

  requests = bodies<AppendRequest>(leader.tell(2, 1, accepted(7)), 2);
  CHECK(requests.size() == 2);
  leader.tell(2, 1, accepted(11));
  CHECK(leader.raft().progress(MemberId(2))->window().messages() == 0);
  CHECK(leader.raft().progress(MemberId(2))->window().bytes() == 0);
}

TEST_CASE(
    "RB-46: what a leader holds for followers in a black hole is bounded in bytes, and freed when they are back") {
  Options options = options_of(1);
  options.max_uncommitted_bytes = 1 << 30;
  Script leader = Script::leader(voters({1, 2, 3}), options);
  leader.tell(2, 1, accepted(1));
  leader.tell(3, 1, accepted(1));
  constexpr uint64_t kBytes = 1'500'000;
  uint64_t sent_bytes = 0;
  for (int i = 0; i < 60; ++i) {
    REQUIRE(leader.raft().propose(std::string(kBytes, 'x')));
    for (const AppendRequest& append : bodies<AppendRequest>(leader.hear(), 2))
      sent_bytes += append.entries.size() * kBytes;
  }
  const Window& window = leader.raft().progress(MemberId(2))->window();
  CHECK(sent_bytes <= options.window.bytes + kBytes);
  CHECK(window.bytes() <= options.window.bytes + kBytes + 64);
  CHECK(window.messages() < 60);
  leader.tell(2, 1, accepted(61));
  CHECK(window.bytes() == 0);
  CHECK(leader.raft().log().commit() == Index(61));
}

TEST_CASE("a lost append is noticed with the next heartbeat though nothing follows it") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  cluster.link_down = isolate({3});
  REQUIRE(cluster.raft(1).propose("a"));
  cluster.settle();
  cluster.link_down = nullptr;
  CHECK(cluster.raft(3).log().last_index() == Index(1));
  cluster.tick(1, 2);
  CHECK(cluster[3].disk.state.size() == 2);
}

TEST_CASE("an unreachable follower is probed instead of flooded") {
  Script leader = Script::leader();
  leader.tell(2, 1, accepted(1));
  REQUIRE(leader.raft().propose("a"));
  leader.hear();
  leader.raft().unreachable(MemberId(2));
  leader.raft().unreachable(MemberId(9));
  CHECK(leader.raft().progress(MemberId(2))->state() == Progress::State::kProbe);
  CHECK(leader.raft().progress(MemberId(2))->next() == Index(2));
}

TEST_CASE("entries that the cache has dropped are asked of the caller, and sent when they come") {
  Cluster cluster(3, voters({1, 2, 3}), 1, [](Member& member) { member.cache_bytes = 0; });
  cluster.start_all();
  cluster.link_down = isolate({3});
  REQUIRE(cluster.elect(1) == 1);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(cluster.raft(1).propose("a"));
    cluster.settle();
  }
  CHECK_FALSE(cluster.raft(1).log().is_cached(Index(10)));
  cluster.link_down = nullptr;
  cluster.tick(1, 3);
  CHECK(cluster[3].disk.state.size() == 11);
  CHECK(cluster.snapshots.empty());
}

TEST_CASE("entries that were fetched are sent if they are still what the follower needs") {
  struct Case {
    const char* name;
    std::function<void(Raft&, const Fetch&)> meanwhile;
    std::function<void(Fetch&)> other;
    size_t first;  // of the entries that come
    bool is_sent;
  };
  const auto nothing = [](Raft&, const Fetch&) {};
  const auto same = [](Fetch&) {};
  for (const Case& c : {
           Case{"what was asked for", nothing, same, 0, true},
           Case{"other entries", nothing, same, 1, false},
           Case{"for nobody", nothing, [](Fetch&fetch) { fetch.follower = MemberId(9); }, 0, false},
           Case{"in another term", nothing, [](Fetch&fetch) { fetch.term = Term(1); }, 0, false},
           Case{"for more than is missing", nothing, [](Fetch&fetch) { fetch.first = Index(2); }, 1, false},
           Case{"cut meanwhile", [](Raft&raft, const Fetch&) { raft.compact(Index(2)); }, same, 0, false},
           Case{"twice", [](Raft&raft, const Fetch&fetch) { raft.fetched(fetch, {}); }, same, 0, false},
       }) {
    CAPTURE(c.name);
    Script leader = leader_that_fetches();
    Fetch fetch = leader.raft().ready().fetches.at(0);
    CHECK(fetch.follower == MemberId(3));
    CHECK(fetch.term == Term(2));
    CHECK(fetch.first == Index(1));
    c.meanwhile(leader.raft(), fetch);
    c.other(fetch);
    const std::vector<EntryPtr>& log = leader.member.disk.entries;
    leader.raft().fetched(fetch, {log.begin() + static_cast<ptrdiff_t>(c.first), log.end()});
    const auto sent = bodies<AppendRequest>(leader.raft().ready().messages_now, 3);
    REQUIRE(sent.size() == (c.is_sent ? 1 : 0));
    if (c.is_sent) CHECK(sent[0].entries == log);
  }
}

TEST_CASE("a fetch that failed sends nothing, and is repeated when the follower shows itself") {
  Script leader = leader_that_fetches();
  const Fetch fetch = leader.raft().ready().fetches.at(0);
  leader.raft().fetched(fetch, {});
  CHECK(leader.raft().ready().fetches.empty());
  leader.raft().tick();
  leader.raft().ready();
  leader.say(3, 2, HeartbeatReply{Round(1)});
  REQUIRE(leader.raft().ready().fetches.size() == 1);
  leader.say(3, 2, accepted(2));  // meanwhile it turned out to have more
  leader.raft().fetched(fetch, leader.member.disk.entries);
  CHECK(bodies<AppendRequest>(leader.raft().ready().messages_now).empty());
}

TEST_CASE("a follower behind the compacted log gets one snapshot, and the log from there on") {
  Cluster cluster(3, voters({1, 2, 3}));
  cluster.start_all();
  cluster.link_down = isolate({3});
  REQUIRE(cluster.elect(1) == 1);
  for (int i = 0; i < 10; ++i) REQUIRE(cluster.raft(1).propose("a"));
  cluster.settle();
  cluster.raft(1).compact(Index(8));
  CHECK(cluster.raft(1).progress(MemberId(3))->state() == Progress::State::kProbe);  // not while it is silent
  cluster.link_down = nullptr;
  cluster.raft(3).forget_leader();
  cluster.tick(1, 5);
  CHECK(cluster.raft(3).log().base().index == Index(11));
  CHECK(cluster[3].disk.state.size() == 11);
  REQUIRE(cluster.raft(1).propose("b"));
  cluster.settle();
  CHECK(cluster[3].disk.state.size() == 12);
  CHECK(cluster.raft(1).progress(MemberId(3))->state() == Progress::State::kReplicate);
}

}  // namespace viaduct::raft::test
