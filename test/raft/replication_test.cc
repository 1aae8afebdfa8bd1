// The rules of the raft paper's figure 2 about appends, commit and reads, and how replication is paced.
#include <doctest/doctest.h>

#include <functional>

#include "cluster.h"
#include "script.h"

namespace viaduct::raft::test {
namespace {

AppendReply only_reply(const std::vector<Message>& answers) {
  const auto replies = bodies<AppendReply>(answers);
  REQUIRE(replies.size() == 1);
  return replies[0];
}

AppendRequest append(EntryId previous, const std::vector<uint64_t>& terms, uint64_t commit = 0) {
  return {previous, make_entries(previous.index.value + 1, terms), Index(commit)};
}

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

// --- a follower ---

TEST_CASE("AppendEntries 1 (5.1): a leader of an older term is refused and told the newer one") {
  Script script(5, 0, {1, 4});
  for (const MessageBody& body :
       {MessageBody(append(entry_id(2, 4), {4}, 2)), MessageBody(Heartbeat{Index(2), Round(1)})}) {
    const auto answers = script.tell(2, 4, body);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].term == Term(5));
    for (const AppendReply& reply : bodies<AppendReply>(answers)) CHECK_FALSE(reply.accepted);
  }
  CHECK(script.terms() == std::vector<uint64_t>{1, 4});
  CHECK(script.raft().log().commit() == Index(0));
  CHECK_FALSE(script.raft().leader());
}

TEST_CASE("AppendEntries 2 (5.3): without the previous entry an append is rejected, with a hint that skips terms") {
  struct Case {
    const char* name;
    EntryId previous;
    bool accepted;
    EntryId hint;
  };
  for (const Case& c : {
           Case{"the start of the log", entry_id(0, 0), true, {}},
           Case{"there", entry_id(4, 3), true, {}},
           Case{"beyond the end", entry_id(9, 5), false, entry_id(5, 3)},
           Case{"beyond the end, of an old term", entry_id(9, 2), false, entry_id(2, 2)},
           Case{"a newer term there", entry_id(4, 4), false, entry_id(4, 3)},
           Case{"an older term there", entry_id(4, 2), false, entry_id(2, 2)},
           Case{"older than all", entry_id(4, 0), false, entry_id(0, 0)},
       }) {
    CAPTURE(c.name);
    Script script(5, 0, {1, 2, 3, 3, 3});
    const AppendReply reply = only_reply(script.tell(2, 5, append(c.previous, {})));
    CHECK(reply.accepted == c.accepted);
    CHECK(reply.index == c.previous.index);
    CHECK(reply.hint == c.hint);
  }
}

TEST_CASE("AppendEntries 3 and 4 (5.3): a conflict ends the old log there, a repetition changes nothing") {
  struct Case {
    const char* name;
    AppendRequest request;
    std::vector<uint64_t> log_after;
    uint64_t acknowledged;
  };
  for (const Case& c : {
           Case{"new", append(entry_id(3, 3), {5, 5}), {1, 2, 3, 5, 5}, 5},
           Case{"repeated", append(entry_id(1, 1), {2, 3}), {1, 2, 3}, 3},
           Case{"an old one, repeated late", append(entry_id(0, 0), {1}), {1, 2, 3}, 1},
           Case{"a conflict", append(entry_id(1, 1), {4}), {1, 4}, 2},
           Case{"a conflict in the middle", append(entry_id(1, 1), {2, 5, 5}), {1, 2, 5, 5}, 4},
           Case{"empty", append(entry_id(2, 2), {}), {1, 2, 3}, 2},
       }) {
    CAPTURE(c.name);
    Script script(5, 0, {1, 2, 3});
    const AppendReply reply = only_reply(script.tell(2, 5, c.request));
    CHECK(reply.accepted);
    CHECK(reply.index == Index(c.acknowledged));
    CHECK(script.terms() == c.log_after);
    CHECK(script.member.disk.last_index() == Index(c.log_after.size()));
  }
}

TEST_CASE("AppendEntries 5 (5.3): the commit index follows the leader's, as far as the request vouches for the log") {
  struct Case {
    const char* name;
    AppendRequest request;
    uint64_t commit_after;
  };
  for (const Case& c : {
           Case{"within", append(entry_id(2, 2), {3, 5}, 3), 3},
           Case{"all of it", append(entry_id(2, 2), {3, 5}, 4), 4},
           Case{"beyond the last new entry", append(entry_id(2, 2), {3, 5}, 9), 4},
           Case{"entries behind the request may be wrong", append(entry_id(1, 1), {}, 3), 1},
           Case{"rejected", append(entry_id(9, 5), {}, 3), 0},
       }) {
    CAPTURE(c.name);
    Script script(5, 0, {1, 2, 3});
    script.tell(2, 5, c.request);
    CHECK(script.raft().log().commit() == Index(c.commit_after));
    CHECK(script.member.disk.state.size() == c.commit_after);
    script.tell(2, 5, append(entry_id(0, 0), {}, 0));  // reordered: never falls
    CHECK(script.raft().log().commit() == Index(c.commit_after));
  }
}

TEST_CASE("INV-R7: an acknowledgement waits for the disk, also when the append is a repetition") {
  Script script(5, 0, {});
  script.tell(2, 5, Heartbeat{});
  script.say(2, 5, append({}, {5, 5}, 2));
  const Ready first = script.raft().ready();
  CHECK(first.entries.size() == 2);
  CHECK(first.messages_now.empty());
  CHECK(first.committed.empty());
  script.say(2, 5, append({}, {5, 5}, 2));
  const Ready second = script.raft().ready();
  CHECK_FALSE(second.must_sync());
  CHECK(second.messages_now.empty());
  CHECK(second.messages_synced.size() == 1);
  script.raft().persisted(second.sequence);
  const Ready third = script.raft().ready();
  CHECK(third.committed.size() == 2);
  script.say(2, 5, append({}, {5, 5}, 2));
  CHECK(script.raft().ready().messages_now.size() == 1);
}

TEST_CASE("RB-42: with a slow disk and changing leaders only what the disk has at last is acknowledged and applied") {
  Script script(5, 0, {});
  script.say(2, 6, append({}, {6, 6, 6}));
  const Ready first = script.raft().ready();
  script.say(3, 7, append(entry_id(1, 6), {7}));
  const Ready second = script.raft().ready();
  REQUIRE(second.entries.size() == 1);
  script.say(2, 8, append(entry_id(1, 6), {8, 8}, 3));
  const Ready third = script.raft().ready();
  REQUIRE(third.entries.size() == 2);

  script.raft().persisted(first.sequence);
  CHECK(script.raft().durable() == Index(1));
  CHECK(script.raft().ready().committed.size() == 1);
  script.raft().persisted(second.sequence);
  CHECK(script.raft().durable() == Index(1));
  script.raft().persisted(third.sequence);
  CHECK(script.raft().durable() == Index(3));
  const Ready last = script.raft().ready();
  REQUIRE(last.committed.size() == 2);
  CHECK(last.committed[0]->term == Term(8));
}

TEST_CASE("heartbeats move the commit index and are answered with their round") {
  Script script(5, 0, {1, 2});
  script.tell(2, 5, AppendRequest{entry_id(2, 2), {}, Index(0)});
  const auto answers = script.tell(2, 5, Heartbeat{Index(1), Round(7)});
  REQUIRE(answers.size() == 1);
  CHECK(std::get<HeartbeatReply>(answers[0].body).round == Round(7));
  CHECK(script.raft().log().commit() == Index(1));
  CHECK(script.raft().leader() == MemberId(2));
}

TEST_CASE("RB-38: a heartbeat commits as far as this leader's appends have matched the log, however long that is") {
  Script script(5, 0, {1, 2, 2});  // as it was on an older day: what it acknowledged since is not there
  const auto commit_after = [&](uint64_t term, uint64_t commit) {
    script.tell(2, term, Heartbeat{Index(commit), Round(1)});
    return script.raft().log().commit();
  };
  CHECK(commit_after(5, 3) == Index(0));
  CHECK_FALSE(bodies<AppendReply>(script.tell(2, 5, AppendRequest{entry_id(3, 4), {}, Index(3)})).at(0).accepted);
  CHECK(commit_after(5, 3) == Index(0));
  script.tell(2, 5, AppendRequest{entry_id(1, 1), make_entries(2, {4}), Index(0)});
  CHECK(commit_after(5, 1) == Index(1));
  CHECK(commit_after(5, 2) == Index(2));
  script.tell(2, 5, AppendRequest{entry_id(1, 1), {}, Index(0)});  // said before, come after
  script.tell(2, 5, AppendRequest{entry_id(2, 4), make_entries(3, {5}), Index(0)});
  CHECK(commit_after(6, 3) == Index(2));  // of the next leader nothing is known yet
}

// Known bug: RB-38.
TEST_CASE("FM-13: what no correct member can have said is dropped and counted, and changes nothing") {
  auto with_null = append(entry_id(3, 3), {5});
  with_null.entries.push_back(nullptr);
  auto with_gap = append(entry_id(3, 3), {5, 5});
  with_gap.entries.erase(with_gap.entries.begin());
  struct Case {
    const char* name;
    uint64_t from, to, term;
    MessageBody body;
  };
  for (const Case& c : {
           Case{"for another member", 2, 3, 5, Heartbeat{}},
           Case{"from itself", 1, 1, 5, Heartbeat{}},
           Case{"from nobody", 0, 1, 5, Heartbeat{}},
           Case{"from a second leader of the term", 3, 1, 5, Heartbeat{}},
           Case{"entries from a second leader of the term", 3, 1, 5, append(entry_id(3, 3), {5})},
           Case{"a gap", 2, 1, 5, with_gap},
           Case{"no entry", 2, 1, 5, with_null},
           Case{"terms that fall", 2, 1, 5, append(entry_id(3, 3), {5, 4})},
           Case{"a term below the previous", 2, 1, 5, append(entry_id(3, 3), {2})},
           Case{"an entry newer than its sender", 2, 1, 5, append(entry_id(3, 3), {6})},
           Case{"a committed entry replaced (INV-R4)", 2, 1, 5, append(entry_id(1, 1), {5})},
           Case{"commit above the last index (RF-12)", 2, 1, 5, Heartbeat{Index(4), Round(1)}},
       }) {
    CAPTURE(c.name);
    Script script(5, 0, {1, 2, 3});
    script.tell(2, 5, append(entry_id(2, 2), {}, 2));
    script.raft().step({MemberId(c.from), MemberId(c.to), Term(c.term), 0, c.body});
    CHECK(script.hear().empty());
    CHECK(script.raft().protocol_errors() == 1);
    CHECK(script.terms() == std::vector<uint64_t>{1, 2, 3});
    CHECK(script.raft().log().commit() == Index(2));
    CHECK(script.raft().leader() == MemberId(2));
  }
}

TEST_CASE("FM-13: a leader believes no follower that claims more than it was sent") {
  struct Case {
    const char* name;
    MessageBody body;
  };
  for (const Case& c : {Case{"an entry", accepted(2)}, Case{"a round", HeartbeatReply{Round(1)}},
                        Case{"to lead the same term", Heartbeat{}}}) {
    CAPTURE(c.name);
    Script leader = Script::leader();
    leader.tell(2, 1, c.body);
    CHECK(leader.raft().protocol_errors() == 1);
    CHECK(leader.raft().log().commit() == Index(0));
    CHECK(leader.raft().role() == Role::kLeader);
  }
}

TEST_CASE("an append from before a compacted log is acknowledged up to the commit index") {
  Script script(5, 0, {1, 2, 3});
  script.tell(2, 5, append(entry_id(3, 3), {}, 3));
  script.raft().compact(Index(3));
  const AppendReply reply = only_reply(script.tell(2, 5, append(entry_id(1, 1), {2, 3})));
  CHECK(reply.accepted);
  CHECK(reply.index == Index(3));
}

TEST_CASE("a follower that cannot apply as fast as it commits takes no more entries until it has caught up") {
  Options options = options_of(1);
  options.max_unapplied_bytes = 2 * size_of(*make_entry(1, 5)) - 1;
  Script script(5, 0, {}, voters({1, 2, 3}), options);
  script.say(2, 5, append({}, {5, 5}, 2));
  script.say(2, 5, append(entry_id(2, 5), {5}, 3));
  CHECK(script.raft().log().last_index() == Index(2));
  CHECK(script.raft().protocol_errors() == 0);
  script.hear();
  CHECK(only_reply(script.tell(2, 5, append(entry_id(2, 5), {5}, 3))).index == Index(3));
}

// --- the leader ---

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

// --- membership ---

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
  const auto change = [&](const Configuration& next) {
    REQUIRE(cluster.raft(cluster.leader()).propose_configuration(to_text(next)));
    cluster.settle();
  };
  change(with_learner({1, 2, 3}, 4));
  cluster.tick_all(2);
  CHECK(cluster[4].disk.state.size() == cluster[1].disk.state.size());
  change(voters({1, 2, 3, 4}));
  CHECK(cluster.raft(4).configuration() == voters({1, 2, 3, 4}));
  change(voters({2, 3, 4}));
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

// --- reads ---

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
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  cluster.link_down = isolate({1});
  const ReadToken token = *cluster.raft(1).read_index();
  cluster.checker.asked(cluster[1], token);
  cluster.settle();
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
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  cluster.link_down = isolate({1});
  const ReadToken token = *cluster.raft(1).read_index();
  cluster.checker.asked(cluster[1], token);
  cluster.settle();
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
