#include "server/node.h"

#include <doctest/doctest.h>

#include "test/server/node_world.h"
#include "test/support/quiet_log.h"

using namespace viaduct;
using namespace viaduct::server;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a new node publishes itself, and its first write has index 4 and revision 2") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  const std::vector<v3bridge::Member> members = world.node->members();
  REQUIRE(members.size() == 1);
  CHECK(members[0].id == MemberId(0xa));
  CHECK(members[0].name == "alone");
  CHECK(members[0].client_urls == std::vector<std::string>{"http://localhost:2379"});
  CHECK(world.node->cluster_version() == "3.5.0");
  CHECK(world.node->raft_status().role == v3bridge::RaftRole::kLeader);
  CHECK(world.node->raft_status().leader == MemberId(0xa));

  const v3bridge::Outcome outcome = world.propose(NodeWorld::put("/a", "1"));
  REQUIRE(succeeded(outcome));
  CHECK(outcome.seq == Seq(4));
  CHECK(outcome.revision == Revision(2));
  CHECK(world.has("/a"));
}

TEST_CASE("what was acknowledged is there after a power cut, with the same numbers") {
  const QuietLog quiet;
  NodeWorld world;
  world.options.snapshot_count = 20;  // so that marks and cuts are among it
  world.start();
  for (int i = 0; i < 100; ++i) REQUIRE(succeeded(world.propose(NodeWorld::put("/k" + std::to_string(i), "v"))));
  const store::Numbers before = world.numbers();

  SeededRandom chance(7);
  for (int round = 0; round < 5; ++round) {
    const std::unique_ptr<FakeDisk> image = world.disk.crash_image(chance);
    NodeWorld after_cut;
    after_cut.options = world.options;
    after_cut.start_on(*image);
    REQUIRE(std::holds_alternative<std::monostate>(after_cut.barrier().body));
    CHECK(after_cut.numbers().seq == before.seq);
    CHECK(after_cut.numbers().revision == before.revision);
    for (int i = 0; i < 100; ++i) CHECK(after_cut.has("/k" + std::to_string(i)));
  }
}

TEST_CASE("whoever awaits compaction is answered when what it leaves behind is gone") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  for (int i = 0; i < 1000; ++i) REQUIRE(succeeded(world.propose(NodeWorld::put("/k", std::to_string(i)))));
  CHECK(std::holds_alternative<std::monostate>(world.compaction_barrier().body));  // there is nothing to wait for
  Command compact;
  compact.mutable_compact()->set_revision(world.numbers().revision.value);
  const uint64_t before = world.node->store().sizes().record_bytes;
  REQUIRE(std::holds_alternative<v3bridge::V3Result>(world.propose(compact).body));
  CHECK(std::holds_alternative<std::monostate>(world.compaction_barrier().body));
  CHECK(world.node->store().sizes().record_bytes < before / 100);
}

TEST_CASE("a clean restart takes no index") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  REQUIRE(succeeded(world.propose(NodeWorld::put("/a", "1"))));
  const store::Numbers before = world.numbers();
  world.restart();
  CHECK(world.numbers().seq == before.seq);
  CHECK(world.numbers().revision == before.revision);
  CHECK(world.propose(NodeWorld::put("/a", "2")).seq == before.seq.next());
}

TEST_CASE("another v2 root than the data was made with is refused, naming both") {
  const QuietLog quiet;
  NodeWorld world;
  world.options.v2_root = "/old";
  world.start();
  world.node.reset();
  world.options.v2_root = "/new";
  const auto opened = Node::open(world.disk, world.clock, world.random, world.options, nullptr);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::kInvalidArgument);
  CHECK(opened.error().message.find("/old") != std::string::npos);
  CHECK(opened.error().message.find("/new") != std::string::npos);
}

TEST_CASE("a read barrier sees what was acknowledged, and whatever waits is answered once") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  std::vector<std::future<v3bridge::Outcome>> writes, reads;
  for (int i = 0; i < 200; ++i) {
    auto write = std::make_unique<Answer>(world.here);
    auto read = std::make_unique<Answer>(world.here);
    writes.push_back(write->future());
    reads.push_back(read->future());
    world.node->propose(NodeWorld::put("/k" + std::to_string(i), "v"), std::move(write));
    world.node->read_barrier(std::move(read));
    if (i % 10 != 9) continue;
    REQUIRE(succeeded(writes.back().get()));
    REQUIRE(std::holds_alternative<std::monostate>(world.barrier().body));
    CHECK(world.has("/k" + std::to_string(i)));
  }
  for (auto& read : reads) CHECK(std::holds_alternative<std::monostate>(read.get().body));
}

TEST_CASE("a key goes when its ttl has passed, not before, and time stands still while the node is down") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  REQUIRE(succeeded(world.propose(NodeWorld::put("/t", "1", 100))));
  const Seq index = world.numbers().seq;
  world.pass(seconds(50));
  CHECK(world.has("/t"));
  world.pass(seconds(45));
  CHECK(world.has("/t"));
  world.node.reset();
  world.clock.advance(seconds(100));
  world.start();
  CHECK(world.has("/t"));
  for (int i = 0; i < 100 && world.has("/t"); ++i) world.pass(milliseconds(200));
  CHECK_FALSE(world.has("/t"));
  CHECK(world.numbers().seq == index.next());
  CHECK(world.node->counts().expired == 1);
}

TEST_CASE("a stopped node refuses, and says that it stopped") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  world.node->stop();
  CHECK(refusal(world.propose(NodeWorld::put("/a", "1"))) == "etcdserver: server stopped");
  CHECK(refusal(world.barrier()) == "etcdserver: server stopped");
  world.node->stop();
}

TEST_CASE("a command that the log could not replay is refused before it is logged") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  const Index before = world.node->raft_status().commit;
  const std::string text = refusal(world.propose(NodeWorld::put("/a", std::string(20 << 20, 'x'))));
  CHECK(text == "etcdserver: request is too large");
  CHECK(world.node->node_counts().commands_too_large == 1);
  CHECK(world.node->raft_status().commit == before);
  CHECK(succeeded(world.propose(NodeWorld::put("/a", "small"))));
}

TEST_CASE("a disk that is nearly full refuses writes but not deletes and reads, and recovers by itself") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  REQUIRE(succeeded(world.propose(NodeWorld::put("/a", "1"))));
  world.disk.set_free_bytes(world.options.duties.low_disk_bytes - 1);
  world.pass(seconds(2));
  world.pass(seconds(2));
  REQUIRE(world.node->alarms().size() == 1);
  CHECK(world.node->alarms()[0].kind == "NOSPACE");
  CHECK(refusal(world.propose(NodeWorld::put("/b", "1"))) == "etcdserver: mvcc: database space exceeded");
  CHECK(std::holds_alternative<std::monostate>(world.barrier().body));
  Command remove;
  remove.mutable_v2_write()->set_operation(V2Write::DELETE);
  remove.mutable_v2_write()->set_path("/a");
  CHECK(succeeded(world.propose(std::move(remove))));

  world.disk.set_free_bytes(world.options.duties.low_disk_bytes + 1);  // not enough yet
  world.pass(seconds(2));
  world.pass(seconds(2));
  CHECK(world.node->alarms().size() == 1);

  world.disk.set_free_bytes(4 * world.options.duties.low_disk_bytes);
  world.pass(seconds(2));
  world.pass(seconds(2));
  CHECK(world.node->alarms().empty());
  CHECK(succeeded(world.propose(NodeWorld::put("/b", "1"))));
}

TEST_CASE("a met quota refuses writes") {
  const QuietLog quiet;
  NodeWorld world;
  world.options.duties.quota_bytes = 10'000;
  world.start();
  for (int i = 0; i < 20; ++i)
    REQUIRE(succeeded(world.propose(NodeWorld::put("/k" + std::to_string(i), std::string(1000, 'x')))));
  world.pass(seconds(2));
  world.pass(seconds(2));
  CHECK(refusal(world.propose(NodeWorld::put("/b", "1"))) == "etcdserver: mvcc: database space exceeded");
}

TEST_CASE("the log is cut behind a durable state, and a restart replays only the rest") {
  const QuietLog quiet;
  NodeWorld world;
  world.options.snapshot_count = 1000;
  world.start();
  const std::string value(10'000, 'x');
  std::vector<std::future<v3bridge::Outcome>> answers;
  for (int i = 0; i < 8000; ++i) {
    auto answer = std::make_unique<Answer>(world.here);
    answers.push_back(answer->future());
    world.node->propose(NodeWorld::put("/k" + std::to_string(i % 100), value), std::move(answer));
    if (i % 500 == 499) answers.back().wait();
  }
  for (auto& answer : answers) CHECK(succeeded(answer.get()));
  for (int i = 0; i < 10'000 && world.node->node_counts().log_cuts == 0; ++i) {
    REQUIRE(succeeded(world.propose(NodeWorld::put("/more", ""))));
  }
  CHECK(world.node->node_counts().log_cuts > 0);
  const store::Numbers before = world.numbers();
  world.restart();
  CHECK(world.numbers().seq == before.seq);
  CHECK(world.numbers().revision == before.revision);
  CHECK(world.has("/k99"));
}
