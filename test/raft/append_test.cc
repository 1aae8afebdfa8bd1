// The rules of the raft paper's figure 2 about appends, as a follower keeps them.
#include <doctest/doctest.h>

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

}  // namespace

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

}  // namespace viaduct::raft::test
