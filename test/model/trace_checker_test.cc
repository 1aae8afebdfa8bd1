// A member that keeps to the rules is believed, and one that seems to break one is not: it is told of something, or
// says something, that the checker does not hear of, or other than it was.
#include "trace_checker.h"

#include <doctest/doctest.h>

#include <functional>

#include "test/raft/script.h"

namespace viaduct::model {
namespace {

using raft::AppendReply;
using raft::AppendRequest;
using raft::Heartbeat;
using raft::HeartbeatReply;
using raft::Message;
using raft::MessageBody;
using raft::PreVoteReply;
using raft::PreVoteRequest;
using raft::Round;
using raft::TimeoutNow;
using raft::VoteReply;
using raft::VoteRequest;
using raft::test::accepted;
using raft::test::entry_id;
using raft::test::make_entries;
using raft::test::Script;
using raft::test::voters;

// Member 1 of {1, 2, 3} in term 5 with entries of terms 1, 2 and 3, watched from its start.
class Watched {
 public:
  Watched() : trace(voters({1, 2, 3})), script_(5, 0, {1, 2, 3}) {
    script_.member.trace = &trace;
    trace.started(raft(), 1);
  }
  Watched(const Watched&) = delete;

  raft::Raft& raft() { return script_.raft(); }
  raft::test::Member& member() { return script_.member; }
  std::vector<Message> hear() {
    auto said = script_.hear();
    trace.acted(raft());
    return said;
  }
  void step(uint64_t from, uint64_t term, MessageBody body) {
    script_.say(from, term, body);
    trace.stepped(raft(), message(from, 1, term, std::move(body)));
  }
  void step_unseen(uint64_t from, uint64_t term, MessageBody body) {
    script_.say(from, term, std::move(body));
    trace.acted(raft());
  }
  void tell(uint64_t from, uint64_t term, MessageBody body) {
    step(from, term, std::move(body));
    hear();
  }
  void says(uint64_t to, uint64_t term, MessageBody body) { trace.sent(raft(), message(1, to, term, std::move(body))); }
  void campaign() {
    raft().campaign();
    hear();
  }
  void lead() {  // term 6, with an entry at 4
    campaign();
    tell(2, 6, PreVoteReply{true});
    tell(2, 6, VoteReply{true});
    REQUIRE(raft().role() == raft::Role::kLeader);
  }

  TraceChecker trace;

 private:
  static Message message(uint64_t from, uint64_t to, uint64_t term, MessageBody body) {
    return {MemberId(from), MemberId(to), Term(term), 1, std::move(body)};
  }
  Script script_;
};

AppendRequest append(EntryId<uint64_t> previous, const std::vector<uint64_t>& terms, uint64_t commit) {
  return {entry_id(previous.index, previous.term), make_entries(previous.index + 1, terms), Index(commit)};
}

}  // namespace

TEST_CASE("what a member does by the rules is legal") {
  Watched m;
  m.tell(2, 5, append({3, 3}, {5, 5}, 4));
  m.tell(3, 6, PreVoteRequest{entry_id(9, 5)});
  m.raft().forget_leader();
  m.tell(3, 6, VoteRequest{entry_id(9, 5)});
  m.tell(3, 6, append({4, 5}, {6}, 4));  // replaces one
  m.tell(3, 6, Heartbeat{Index(5), Round(1)});
  m.tell(3, 6, TimeoutNow{});
  m.tell(2, 7, VoteReply{true});
  m.tell(2, 7, accepted(6));
  CHECK(m.raft().log().commit() == Index(6));
  m.member().crash(0, 1000);
  m.member().start();
  m.campaign();
  CHECK(m.trace.illegal() == "");
  CHECK(m.trace.steps() > 20);
}

TEST_CASE("a member that lost its log starts without its commit index, also when part of the log is back") {
  Watched m;
  m.tell(2, 5, append({3, 3}, {5, 5}, 5));
  m.member().crash(1000, 0);
  m.member().disk.lose_tail(5);
  m.member().start();
  CHECK(m.raft().log().commit() == Index(0));
  m.step(2, 5, append({0, 0}, {1, 2, 3, 5}, 4));
  m.member().take_ready();
  raft::Ready part = m.member().writes.front();
  part.entries.resize(2);
  part.hard_state.reset();
  m.member().crash(0, 0);
  m.member().disk.write(part);
  m.member().start();
  CHECK(m.raft().log().last().index == Index(2));
  CHECK(m.raft().log().commit() == Index(0));
  CHECK(m.trace.illegal() == "");
}

TEST_CASE("a member that lost its state starts with the commit index of its log, which may be older") {
  Watched m;
  m.tell(2, 5, append({3, 3}, {5, 5}, 5));
  m.member().crash(1000, 0);
  m.member().disk.hard_state.commit = Index(4);
  m.member().start();
  CHECK(m.raft().log().commit() == Index(4));
  CHECK(m.trace.illegal() == "");
}

TEST_CASE("what a member does and may not is told by the rule that it breaks") {
  struct Case {
    const char* rule;
    std::function<void(Watched&)> act;
  };
  for (const Case& c : {
           Case{"who stands has a quorum of pre-votes",
                [](Watched& m) {
                  m.campaign();
                  m.step_unseen(2, 6, PreVoteReply{true});
                }},
           Case{"who leads has a quorum of votes",
                [](Watched& m) {
                  m.campaign();
                  m.tell(2, 6, PreVoteReply{true});
                  m.step_unseen(2, 6, VoteReply{true});
                }},
           Case{"who leads has a quorum of votes",
                [](Watched& m) {
                  m.campaign();
                  m.tell(2, 6, PreVoteReply{true});
                  m.step(2, 6, VoteReply{false});
                  m.step_unseen(3, 6, VoteReply{true});
                }},
           Case{"the same term", [](Watched& m) { m.step_unseen(2, 6, HeartbeatReply{Round(1)}); }},
           Case{"the same vote", [](Watched& m) { m.step_unseen(2, 5, VoteRequest{entry_id(9, 5)}); }},
           Case{"the same leader",
                [](Watched& m) {
                  m.step_unseen(2, 5, Heartbeat{Index(0), Round(1)});
                }},
           Case{"the same log",
                [](Watched& m) {
                  m.tell(2, 5, Heartbeat{Index(0), Round(1)});
                  m.step_unseen(2, 5, append({3, 3}, {5}, 0));
                }},
           Case{"the same commit index",
                [](Watched& m) {
                  m.tell(2, 5, append({3, 3}, {}, 0));
                  m.step_unseen(2, 5, Heartbeat{Index(2), Round(1)});
                }},
           Case{"INV-R8, R10",
                [](Watched& m) {
                  m.lead();
                  m.step_unseen(2, 6, accepted(4));
                }},
           Case{"RF-10",
                [](Watched& m) {
                  m.trace.configured(m.raft(), voters({4, 5, 6}));
                }},
           Case{"a change that acts is committed",
                [](Watched& m) {
                  m.trace.configured(m.raft(), voters({1, 2, 3, 4}));
                }},
           Case{"a snapshot is of what is committed", [](Watched& m) { m.trace.installed(m.raft(), entry_id(9, 5)); }},
           Case{"INV-R11",
                [](Watched& m) {
                  m.lead();
                  m.tell(2, 6, accepted(4));
                  REQUIRE(m.raft().propose_configuration(raft::test::to_text(voters({1, 2, 3, 4}))));
                  m.hear();
                  m.tell(2, 6, accepted(5));
                  REQUIRE(m.trace.illegal() == "");
                  REQUIRE(m.raft().configuration().voters.size() == 4);
                  m.member().crash(0, 1000);
                  viaduct::Entry other = *m.member().disk.state.back();
                  other.data = raft::test::to_text(voters({1, 2, 3, 5}));
                  m.member().disk.state.back() = std::make_shared<const viaduct::Entry>(std::move(other));
                  m.member().start();
                }},
           Case{"INV-R5, R7: a start",
                [](Watched& m) {
                  m.tell(2, 6, VoteRequest{entry_id(9, 5)});
                  m.member().crash(0, 1000);
                  m.member().disk.hard_state.vote = MemberId();
                  m.member().start();
                }},
           Case{"INV-R5, R7: a start",
                [](Watched& m) {
                  m.member().crash(0, 1000);
                  m.member().disk.entries.pop_back();
                  m.member().start();
                }},
       }) {
    CAPTURE(std::string(c.rule));
    Watched m;
    REQUIRE(m.trace.illegal() == "");
    c.act(m);
    CHECK_MESSAGE(m.trace.illegal().find(c.rule) != std::string::npos, m.trace.illegal());
  }
}

TEST_CASE("what a member says and may not is told by the rule that it breaks") {
  const auto nothing = [](Watched&) {};
  struct Lie {
    const char* name;
    std::function<void(Watched&)> before;
    uint64_t term;
    MessageBody body;
    bool is_legal;
  };
  const auto leads = [](Watched& m) { m.lead(); };
  const auto follows = [](Watched& m) { m.tell(2, 5, append({3, 3}, {5}, 2)); };
  const auto votes = [](Watched& m) { m.tell(2, 6, VoteRequest{entry_id(9, 5)}); };
  const auto votes_undurably = [](Watched& m) { m.step(2, 6, VoteRequest{entry_id(9, 5)}); };
  const auto takes_undurably = [](Watched& m) { m.step(2, 5, append({3, 3}, {5}, 2)); };
  const raft::EntryId none;
  for (const Lie& c : {
           Lie{"a pre-vote that nobody asked for", nothing, 6, PreVoteReply{true, none}, false},
           Lie{"a refusal before a vote", nothing, 5, PreVoteReply{false, none}, true},
           Lie{"a commit index that nobody knows of", nothing, 5, PreVoteReply{false, entry_id(3, 3)}, false},
           Lie{"a vote", votes, 6, VoteReply{true, none}, true},
           Lie{"a vote that was not given", nothing, 5, VoteReply{true, none}, false},
           Lie{"a vote that is not durable", votes_undurably, 6, VoteReply{true, none}, false},
           Lie{"standing in another term", nothing, 6, VoteRequest{entry_id(3, 3)}, false},
           Lie{"an acknowledgement", follows, 5, accepted(4), true},
           Lie{"one of more than there is", follows, 5, accepted(5), false},
           Lie{"one that is not durable", takes_undurably, 5, accepted(4), false},
           Lie{"an answer to a round that was not heard", follows, 5, HeartbeatReply{Round(1)}, false},
           Lie{"a leader's append", leads, 6, append({3, 3}, {6}, 0), true},
           Lie{"another entry", leads, 6, append({3, 3}, {5}, 0), false},
           Lie{"behind another entry", leads, 6, append({3, 2}, {6}, 0), false},
           Lie{"more than its log", leads, 6, append({3, 3}, {6, 6}, 0), false},
           Lie{"a commit index ahead of its own", leads, 6, append({3, 3}, {6}, 4), false},
           Lie{"an append of who does not lead", follows, 5, append({3, 3}, {5}, 0), false},
           Lie{"a heartbeat", leads, 6, Heartbeat{Index(0), Round(1)}, true},
           Lie{"a heartbeat of who does not lead", follows, 5, Heartbeat{Index(0), Round(1)}, false},
           Lie{"one that knows too much", leads, 6, Heartbeat{Index(1), Round(1)}, false},
           Lie{"a release of who is in no quarantine", leads, 6, Heartbeat{Index(0), Round(1), 1}, false},
           Lie{"leadership handed over by who has none", follows, 5, TimeoutNow{}, false},
       }) {
    CAPTURE(std::string(c.name));
    Watched m;
    c.before(m);
    REQUIRE(m.trace.illegal() == "");
    m.says(2, c.term, c.body);
    CHECK((m.trace.illegal() == "") == c.is_legal);
  }
}

}  // namespace viaduct::model
