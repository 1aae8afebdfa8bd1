// Start, restart, limits, and the whole life of a member that is alone.
#include "raft/raft.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "cluster.h"
#include "script.h"

namespace {

thread_local uint64_t allocations = 0;

}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace viaduct::raft::test {

// Known bug: RB-26.
TEST_CASE("a member that is alone leads as soon as its vote is durable, and commits as soon as its entries are") {
  Script script(0, 0, {}, voters({1}));
  Raft& raft = script.raft();
  CHECK_FALSE(raft.has_ready());
  CHECK(raft.propose("too early").error().code == Code::kUnavailable);
  raft.campaign();
  Ready ready = raft.ready();
  CHECK(ready.hard_state == HardState{Term(1), MemberId(1), Index()});
  CHECK(ready.must_sync());
  CHECK(raft.role() == Role::kCandidate);
  raft.persisted(ready.sequence);
  CHECK(raft.role() == Role::kLeader);
  CHECK(raft.leader() == MemberId(1));

  ready = raft.ready();
  REQUIRE(ready.entries.size() == 1);
  CHECK(*ready.entries[0] == Entry{Term(1), Index(1), EntryType::kCommand, ""});
  CHECK(ready.committed.empty());
  raft.persisted(ready.sequence);
  ready = raft.ready();
  CHECK(ready.committed.size() == 1);
  CHECK_FALSE(ready.must_sync());
  raft.applied(Index(1));
  CHECK_FALSE(raft.has_ready());
}

TEST_CASE("without a campaign() a member that is alone leads after a timeout") {
  Script script(0, 0, {}, voters({1}));
  for (int i = 0; i < 20; ++i) script.raft().tick();
  script.hear();
  CHECK(script.raft().role() == Role::kLeader);
}

TEST_CASE("proposals become one write, in order, and are the same objects from proposal to apply") {
  Script script = Script::leader(voters({1}));
  script.hear();
  for (uint64_t i = 0; i < 1000; ++i) CHECK(*script.raft().propose(std::to_string(i)) == Index(2 + i));
  const Ready written = script.raft().ready();
  REQUIRE(written.entries.size() == 1000);
  CHECK_FALSE(script.raft().has_ready());
  // The next batch gathers while this one is being written.
  REQUIRE(script.raft().propose("next"));
  const Ready next = script.raft().ready();
  CHECK(next.entries.size() == 1);
  CHECK(next.committed.empty());
  script.raft().persisted(written.sequence);
  const Ready committed = script.raft().ready();
  REQUIRE(committed.committed.size() == 1000);
  for (size_t i = 0; i < 1000; ++i) {
    CHECK(committed.committed[i].get() == written.entries[i].get());
    CHECK(committed.committed[i]->data == std::to_string(i));
  }
  script.raft().persisted(next.sequence);
  CHECK(script.raft().ready().committed.size() == 1);
}

TEST_CASE("a proposal's bytes are moved, not copied") {
  Script script = Script::leader(voters({1}));
  std::string data(1000, 'x');
  const char* bytes = data.data();
  REQUIRE(script.raft().propose(std::move(data)));
  CHECK(script.raft().ready().entries.back()->data.data() == bytes);
}

TEST_CASE("a tick without work allocates nothing") {
  Script leader = Script::leader(voters({1}));
  leader.hear();
  Script follower(5, 0, {});
  follower.tell(2, 5, Heartbeat{});
  const uint64_t before = allocations;
  for (int i = 0; i < 9; ++i) {
    leader.raft().tick();
    follower.raft().tick();
    CHECK_FALSE(leader.raft().has_ready());
  }
  const Ready ready = leader.raft().ready();
  const uint64_t after = allocations;
  CHECK(after == before);
  CHECK(ready.entries.empty());
}

TEST_CASE("a read at a member that is alone needs no message, and waits for the term's first commit") {
  Script script(0, 0, {}, voters({1}));
  Raft& raft = script.raft();
  CHECK(raft.read_index().error().code == Code::kUnavailable);
  raft.campaign();
  raft.persisted(raft.ready().sequence);
  const ReadToken token = *raft.read_index();
  const Ready first = raft.ready();
  CHECK(first.reads.empty());
  raft.persisted(first.sequence);
  auto reads = raft.ready().reads;
  REQUIRE(reads.size() == 1);
  CHECK(reads[0].token == token);
  CHECK(reads[0].index == Index(1));
  CHECK(*raft.read_index() > token);
  CHECK(raft.ready().reads.size() == 1);
}

TEST_CASE("a member leads alone from the first entry of its term applied until there is a second member") {
  Cluster cluster(1, voters({1}));
  cluster.start_all();
  CHECK_FALSE(cluster.raft(1).leads_alone());
  REQUIRE(cluster.elect(1) == 1);
  CHECK(cluster.raft(1).leads_alone());
  cluster.raft(1).apply_configuration(voters({1, 2}));
  CHECK_FALSE(cluster.raft(1).leads_alone());

  Script script(2, 0, {1, 2}, voters({1}));
  script.raft().campaign();
  for (int i = 0; i < 2; ++i) script.raft().persisted(script.raft().ready().sequence);
  REQUIRE(script.raft().role() == Role::kLeader);
  CHECK_FALSE(script.raft().leads_alone());  // what earlier terms left is committed, and not applied
  script.raft().applied(script.raft().ready().committed.back()->index);
  CHECK(script.raft().leads_alone());
  CHECK_FALSE(Script::leader().raft().leads_alone());
  Configuration shrinking = voters({1});
  shrinking.outgoing = voters({1, 2}).voters;
  CHECK_FALSE(Script::leader(shrinking).raft().leads_alone());
  Configuration with_learner = voters({1});
  with_learner.learners = {MemberId(2)};  // it may answer for a write before this member has applied it
  script.raft().apply_configuration(with_learner);
  CHECK_FALSE(script.raft().leads_alone());
}

TEST_CASE("what is reported as applied twice, or late, changes nothing") {
  Script leader = Script::leader(voters({1}));
  for (int i = 0; i < 3; ++i) REQUIRE(leader.raft().propose("a"));
  leader.hear();
  REQUIRE(leader.raft().log().applied() == Index(4));
  for (uint64_t index : {4, 2}) leader.raft().applied(Index(index));
  CHECK(leader.raft().log().applied() == Index(4));
}

TEST_CASE("a restart goes on with term, log and applied index, and applies only what is missing") {
  Cluster cluster(1, voters({1}));
  cluster.start_all();
  REQUIRE(cluster.elect(1) == 1);
  for (int i = 0; i < 5; ++i) REQUIRE(cluster.raft(1).propose("a"));
  cluster.settle();
  REQUIRE(cluster[1].disk.state.size() == 6);
  REQUIRE(cluster.raft(1).propose("lost, and never acknowledged"));

  struct Case {
    const char* name;
    size_t kept_state;
  };
  uint64_t term = 1;
  for (const Case& c : {Case{"the state is up to date", 100}, Case{"the state is behind", 3}, Case{"no state", 0}}) {
    CAPTURE(c.name);
    const size_t entries = cluster[1].disk.entries.size();
    cluster[1].crash(0, c.kept_state);
    cluster.start(1);
    CHECK(cluster.raft(1).log().applied().value == cluster[1].disk.state.size());
    CHECK(cluster.raft(1).log().commit() >= cluster.raft(1).log().applied());
    CHECK(cluster.raft(1).term() == Term(term));
    REQUIRE(cluster.elect(1) == 1);
    CHECK(cluster.raft(1).term() == Term(++term));
    CHECK(cluster[1].disk.state.size() == entries + 1);  // and the new term's first
    CHECK(cluster[1].disk.state.back()->data.empty());
  }
}

TEST_CASE("a compacted log restarts behind its base") {
  Script script = Script::leader(voters({1}));
  for (int i = 0; i < 9; ++i) REQUIRE(script.raft().propose("a"));
  script.hear();
  script.raft().compact(Index(7));
  script.member.disk.base = script.raft().log().base();
  script.member.disk.entries.erase(script.member.disk.entries.begin(), script.member.disk.entries.begin() + 7);
  script.member.crash(0, 100);
  script.member.start();
  CHECK(script.raft().log().base() == entry_id(7, 1));
  CHECK(script.raft().log().last() == entry_id(10, 1));
  script.raft().campaign();
  script.hear();
  CHECK(script.member.disk.state.size() == 11);
}

// Known bug: RB-27.
TEST_CASE("a start from a hard state and a log that contradict each other is refused as loss") {
  struct Case {
    const char* name;
    HardState hard_state;
    uint64_t applied;
    bool starts;
  };
  for (const Case& c : {
           Case{"in step", {Term(3), {}, Index(3)}, 2, true},
           Case{"commit was not synced", {Term(3), {}, Index(0)}, 3, true},
           Case{"commit beyond the log (RB-27)", {Term(3), {}, Index(4)}, 2, false},
           Case{"applied beyond the log", {Term(3), {}, Index(3)}, 4, false},
           Case{"an entry newer than the term", {Term(2), {}, Index(3)}, 2, false},
       }) {
    CAPTURE(c.name);
    Log log({}, Index(c.applied), 1 << 20);
    for (const EntryPtr& entry : make_entries(1, {1, 2, 3})) log.restore(*entry);
    SeededRandom random(1);
    const auto raft = Raft::start(options_of(1), {c.hard_state, voters({1}), std::move(log)}, random);
    CHECK(raft.has_value() == c.starts);
    if (raft) CHECK(raft->log().commit() == std::max(c.hard_state.commit, Index(c.applied)));
    if (!raft) CHECK(raft.error().code == Code::kCorrupt);
  }
}

TEST_CASE("RF-7: proposals beyond a cap are refused, cleanup later than clients, and pass again when there is room") {
  Options options = options_of(1);
  options.max_unapplied_entries = 3;
  options.max_unapplied_for_cleanup = 5;
  Script script = Script::leader(voters({1}), options);
  Raft& raft = script.raft();
  REQUIRE(raft.propose("a"));
  REQUIRE(raft.propose("b"));
  raft.persisted(raft.ready().sequence);
  CHECK(raft.propose("c"));  // two are committed and not applied
  raft.persisted(raft.ready().sequence);
  CHECK(raft.propose("d").error().code == Code::kTooManyRequests);
  CHECK(raft.propose("d", Priority::kCleanup));
  CHECK(raft.propose("e", Priority::kCleanup));
  raft.persisted(raft.ready().sequence);
  CHECK(raft.propose("f", Priority::kCleanup).error().code == Code::kTooManyRequests);
  CHECK(raft.log().commit() == raft.log().last_index());  // a cap never holds back commit
  script.member.to_apply.clear();
  while (raft.has_ready()) raft.ready();
  raft.applied(raft.log().commit());
  CHECK(raft.propose("g"));
}

TEST_CASE("RF-7: uncommitted bytes are capped, but one entry always passes") {
  Options options = options_of(1);
  options.max_uncommitted_bytes = 1000;
  Script script = Script::leader(voters({1}), options);
  script.hear();
  Raft& raft = script.raft();
  CHECK(raft.propose(std::string(5000, 'x')));
  CHECK(raft.propose("").error().code == Code::kTooManyRequests);
  script.hear();
  const uint64_t overhead = size_of(*make_entry(1, 1));
  REQUIRE(raft.propose(std::string(500 - overhead, 'x')));
  CHECK(raft.propose(std::string(501, 'x')).error().code == Code::kTooManyRequests);
  CHECK(raft.propose(std::string(500, 'x')));
  script.hear();
  CHECK(raft.log().bytes_between(raft.log().commit(), raft.log().last_index()) == 0);
}

TEST_CASE("RF-7: what is committed is handed out in pages, at least one entry each, until nothing is left (RB-40)") {
  Options options = options_of(1);
  options.max_apply_bytes = 1;
  Script script = Script::leader(voters({1}), options);
  script.hear();
  for (int i = 0; i < 5; ++i) REQUIRE(script.raft().propose("a"));
  script.raft().persisted(script.raft().ready().sequence);
  for (uint64_t i = 2; i <= 6; ++i) {
    REQUIRE(script.raft().has_ready());
    const auto committed = script.raft().ready().committed;
    REQUIRE(committed.size() == 1);
    CHECK(committed[0]->index == Index(i));
  }
  CHECK_FALSE(script.raft().has_ready());
}

TEST_CASE("the reads that may wait are capped") {
  Options options = options_of(1);
  options.max_pending_reads = 2;
  Script leader = Script::leader(voters({1, 2, 3}), options);
  CHECK(leader.raft().read_index());
  CHECK(leader.raft().read_index());
  CHECK(leader.raft().read_index().error().code == Code::kTooManyRequests);
}

TEST_CASE("the commit index is written along with entries, so that a restart knows of applied membership") {
  Script leader = Script::leader(voters({1}));
  leader.hear();
  REQUIRE(leader.raft().propose("a"));
  const Ready ready = leader.raft().ready();
  CHECK(ready.hard_state == HardState{Term(1), MemberId(1), Index(1)});
}

}  // namespace viaduct::raft::test
