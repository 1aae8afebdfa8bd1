// src/server/node and raft_worker with several members.
#include "test/server/node_cluster.h"

#include "server/stamped.h"

namespace viaduct::server {
namespace {

Command put(const std::string& path, const std::string& value) { return NodeWorld::put(path, value); }

bool is_done(const v3bridge::Outcome& outcome) { return std::holds_alternative<v3bridge::V2Done>(outcome.body); }

std::string text_of(const v3bridge::Outcome& outcome) {
  const auto* const refusal = std::get_if<v3bridge::Refusal>(&outcome.body);
  return refusal ? refusal->text : "not refused";
}

Stamp newest_stamp_in_log(NodeCluster& cluster, MemberId id) {
  SeededRandom random(1);
  const auto image = cluster.disk(id).crash_image(random);
  wal::Options options;
  options.identity = {ClusterId(0xc), id};
  const auto opened = wal::Wal::open(*image, "/data/wal", options, random);
  REQUIRE(opened);
  const wal::Wal& log = *opened->wal;
  const auto entries = log.read(log.last_index(), log.last_index().next(), 0);
  REQUIRE(entries);
  return read_stamp(entries->front().data).value_or(Stamp());
}

TEST_CASE("a write through any of three members is applied on all of them") {
  NodeCluster cluster(3);
  cluster.leader();
  for (size_t i = 0; i < 3; ++i) {
    const std::string path = "/k" + std::to_string(i);
    CHECK(is_done(cluster.propose(NodeCluster::id_of(i), put(path, "v"))));
    CHECK(cluster.has(NodeCluster::id_of(i), path));  // its own client reads what it wrote
  }
  cluster.until_all_equal();
}

TEST_CASE("each member makes itself known, through the leader if it is another") {
  NodeCluster cluster(3);
  cluster.until("published members", [&] {
    for (size_t i = 0; i < 3; ++i) {
      if (!cluster.node(NodeCluster::id_of(i)).wait_until_published(std::chrono::milliseconds(0))) return false;
    }
    return true;
  });
  const std::vector<v3bridge::Member> members = cluster.node(NodeCluster::id_of(0)).members();
  REQUIRE(members.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(members[i].name == "m" + std::to_string(i));
}

TEST_CASE("the cluster's version is what all members can serve, and rises when all of them can serve more") {
  const auto serves = [](NodeCluster& cluster, const std::string& version) {
    for (size_t i = 0; i < 3; ++i) {
      if (cluster.node(NodeCluster::id_of(i)).cluster_version() != version) return false;
    }
    return true;
  };
  struct Case {
    const char* name;
    std::string said, version;
  };
  for (const Case& c : {Case{"older", "3.4.23", "3.4.0"}, Case{"not heard of", "", "3.0.0"},
                        Case{"newer", "3.6.1", "3.5.0"}, Case{"no version", "new", "3.0.0"}}) {
    CAPTURE(c.name);
    NodeCluster::Settings settings;
    settings.version = c.said;
    NodeCluster cluster(3, settings);
    CHECK(serves(cluster, c.version));
    cluster.say_version("3.5.2");
    cluster.until("a version for all", [&] { return serves(cluster, "3.5.0"); });
    cluster.say_version("3.3.0");
    for (int ticks = 0; ticks < 500; ++ticks) cluster.tick();  // some of a leader's slow rounds
    CHECK(serves(cluster, "3.5.0"));
  }
}

TEST_CASE("a restarted member is published once it has heard from a leader, and has what was written meanwhile") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId away = cluster.other_than(leader);
  cluster.stop(away);
  CHECK(is_done(cluster.propose(leader, put("/meanwhile", "v"))));
  cluster.isolate(away);
  cluster.start(away);
  CHECK(cluster.node(away).raft_status().commit >= Index(1));
  for (int ticks = 0; ticks < 100; ++ticks) {
    CHECK_FALSE(cluster.node(away).wait_until_published(std::chrono::milliseconds(0)));
    cluster.tick();
  }
  cluster.heal();
  cluster.until("a published member",
                [&] { return cluster.node(away).wait_until_published(std::chrono::milliseconds(0)); });
  CHECK(cluster.has(away, "/meanwhile"));
}

TEST_CASE("a linearizable read on a follower waits until it has what was acknowledged before") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId follower = cluster.other_than(leader);
  for (int i = 0; i < 20; ++i) {
    const std::string path = "/r" + std::to_string(i);
    CHECK(is_done(cluster.propose(leader, put(path, "v"))));
    const v3bridge::Outcome read = cluster.finish(cluster.begin_read(follower));
    CHECK(std::holds_alternative<std::monostate>(read.body));
    CHECK(cluster.has(follower, path));
  }
}

TEST_CASE("what was forwarded to a leader that died is proposed again to the next one, once") {
  NodeCluster cluster(3);
  const MemberId old = cluster.leader();
  const MemberId follower = cluster.other_than(old);
  cluster.cut(old, NodeCluster::id_of(0));  // the old leader hears, but its appends reach nobody
  cluster.cut(old, NodeCluster::id_of(1));
  cluster.cut(old, NodeCluster::id_of(2));
  Command create = put("/once", "v");
  create.mutable_v2_write()->set_operation(V2Write::CREATE_IN_ORDER);
  std::future<v3bridge::Outcome> answer = cluster.begin(follower, create);
  for (int i = 0; i < 3; ++i) cluster.tick();
  cluster.stop(old);
  CHECK(is_done(cluster.finish(std::move(answer))));
  cluster.heal();
  cluster.start(old);
  cluster.until_all_equal();
  const store::Store& store = cluster.node(follower).store();
  const store::Store::ReadLock lock(store);
  size_t made = 0;
  store.scan(store::Family::kKey, "/once/", "/once0", [&](const store::Entry&) { return ++made, true; });
  CHECK(made == 1);
}

TEST_CASE("what a deposed leader had appended alone is proposed again through its successor") {
  NodeCluster cluster(3);
  const MemberId old = cluster.leader();
  cluster.isolate(old);
  std::future<v3bridge::Outcome> answer = cluster.begin(old, put("/lost", "v"));
  std::future<v3bridge::Outcome> read = cluster.begin_read(old);
  const MemberId next = cluster.leader(old);
  CHECK(is_done(cluster.propose(next, put("/between", "v"))));
  cluster.heal();
  CHECK(is_done(cluster.finish(std::move(answer))));
  CHECK(std::holds_alternative<std::monostate>(cluster.finish(std::move(read)).body));
  CHECK(cluster.has(old, "/between"));
  cluster.until_all_equal();
}

// INV-E1: it would lead with a leap that ends leases early.
TEST_CASE("what a member stamped alone does not count as time that has passed when it starts again") {
  NodeCluster cluster(3);
  const MemberId old = cluster.leader();
  CHECK(is_done(cluster.propose(old, put("/a", "v"))));
  cluster.isolate(old);
  for (int i = 0; i < 3; ++i) cluster.tick();
  std::future<v3bridge::Outcome> lost = cluster.begin(old, put("/lost", "v"));
  cluster.tick();
  cluster.stop(old);
  const uint64_t stamped = newest_stamp_in_log(cluster, old).cluster_ms;
  cluster.start(old);
  const store::Store& store = cluster.node(old).store();
  const store::Store::ReadLock lock(store);
  CHECK(stamped > store.applied().stamp.cluster_ms);
  CHECK(cluster.node(old).cluster_now_ms() == store.applied().stamp.cluster_ms);
}

TEST_CASE("without a leader no lease ends, however long that takes (INV-E1, INV-E6)") {
  NodeCluster cluster(3);
  CHECK(is_done(cluster.propose(cluster.leader(), NodeWorld::put("/t", "v", 10))));
  cluster.until_all_equal();
  for (size_t i = 0; i < 3; ++i) cluster.isolate(NodeCluster::id_of(i));
  cluster.until("no leader", [&] {
    for (size_t i = 0; i < 3; ++i) {
      if (cluster.leader_of(NodeCluster::id_of(i))) return false;
    }
    return true;
  });
  cluster.clock.advance(std::chrono::hours(1));
  for (int ticks = 0; ticks < 50; ++ticks) cluster.tick();
  cluster.heal();
  const MemberId next = cluster.leader();
  CHECK(is_done(cluster.propose(next, put("/after", "v"))));
  for (int ticks = 0; ticks < 50; ++ticks) cluster.tick();  // in which it looks for leases that are over
  for (size_t i = 0; i < 3; ++i) CHECK(cluster.has(NodeCluster::id_of(i), "/t"));
  cluster.clock.advance(std::chrono::seconds(10));
  cluster.until("its end", [&] { return !cluster.has(next, "/t"); });
  cluster.until_all_equal();
}

TEST_CASE("a member without a quorum refuses writes and linearizable reads when their time is up") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  CHECK(is_done(cluster.propose(leader, put("/k", "v"))));
  cluster.isolate(leader);
  std::future<v3bridge::Outcome> write = cluster.begin(leader, put("/k", "w"));
  std::future<v3bridge::Outcome> read = cluster.begin_read(leader);
  cluster.tick();
  cluster.clock.advance(std::chrono::seconds(8));
  const v3bridge::Outcome refused = cluster.finish(std::move(write));
  REQUIRE(std::holds_alternative<v3bridge::Refusal>(refused.body));
  CHECK(std::get<v3bridge::Refusal>(refused.body).kind == v3bridge::Refusal::Kind::kTimeout);
  CHECK(text_of(refused) == "etcdserver: request timed out, possibly due to connection lost");
  const v3bridge::Outcome unread = cluster.finish(std::move(read));
  REQUIRE(std::holds_alternative<v3bridge::Refusal>(unread.body));
  CHECK(std::get<v3bridge::Refusal>(unread.body).text == "etcdserver: request timed out");
  CHECK(cluster.has(leader, "/k"));  // a plain read still answers
  cluster.until("no leader", [&] { return !cluster.leader_of(leader); });
  write = cluster.begin(leader, put("/k", "x"));
  cluster.tick();
  cluster.clock.advance(std::chrono::seconds(8));
  CHECK(text_of(cluster.finish(std::move(write))) == "etcdserver: request timed out");
}

TEST_CASE("a member without its peers refuses at once to change who they are, if that could cost the quorum") {
  NodeCluster::Settings settings;
  settings.strict_reconfig = true;
  NodeCluster cluster(3, settings);
  const MemberId leader = cluster.leader();
  const MemberId follower = cluster.other_than(leader);
  for (const MemberId asked : {leader, follower}) {
    CAPTURE(asked.value);
    cluster.isolate(asked);
    if (asked == follower) cluster.until("no leader", [&] { return !cluster.leader_of(asked); });
    const auto began = cluster.clock.monotonic();
    for (const Command& change :
         {NodeWorld::add_member(MemberId(9), "http://d:1"), NodeWorld::add_member(MemberId(9), "http://d:1", true),
          NodeWorld::remove_member(asked)}) {
      CHECK(text_of(cluster.propose(asked, change)) == "etcdserver: unhealthy cluster");
    }
    CHECK(cluster.clock.monotonic() - began < std::chrono::seconds(1));
    cluster.heal();
    cluster.leader();
  }
  std::future<v3bridge::Outcome> removal = cluster.begin(follower, NodeWorld::remove_member(leader));
  CHECK(std::holds_alternative<v3bridge::V3Result>(cluster.finish(std::move(removal)).body));
}

TEST_CASE("leadership moves when asked to, and only from the leader to a voter") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId target = cluster.other_than(leader);
  PostingThread here;
  const auto move = [&](MemberId at, MemberId to) {
    auto answer = std::make_unique<Answer>(here);
    auto future = answer->future();
    cluster.node(at).move_leader(to, std::move(answer));
    return cluster.finish(std::move(future));
  };
  const auto refusal = [](const v3bridge::Outcome& outcome) { return std::get<v3bridge::Refusal>(outcome.body).kind; };
  CHECK(refusal(move(target, leader)) == v3bridge::Refusal::Kind::kNotLeader);
  CHECK(refusal(move(leader, MemberId(99))) == v3bridge::Refusal::Kind::kBadTransferee);
  CHECK(std::holds_alternative<std::monostate>(move(leader, leader).body));
  CHECK(std::holds_alternative<std::monostate>(move(leader, target).body));
  CHECK(cluster.leader() == target);
}

TEST_CASE("a cluster grows from one to three and shrinks to one, while all is kept") {
  NodeCluster cluster(1);
  const MemberId first = cluster.leader();
  CHECK(is_done(cluster.propose(first, put("/before", "v"))));
  for (size_t i : {1u, 2u}) {
    cluster.join(i);
    CHECK(is_done(cluster.propose(NodeCluster::id_of(i), put("/by" + std::to_string(i), "v"))));
  }
  cluster.until_all_equal();
  const MemberId leader = cluster.leader();
  const MemberId second = cluster.other_than(leader);
  (void)cluster.propose(second, NodeWorld::remove_member(leader));
  cluster.until("the old leader to know", [&] { return cluster.was_removed(leader); });
  cluster.stop(leader);
  CHECK(is_done(cluster.propose(second, put("/after", "v"))));
  cluster.until_all_equal();
}

TEST_CASE("a member that was away catches up") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId away = cluster.other_than(leader);
  cluster.stop(away);
  for (int i = 0; i < 100; ++i) CHECK(is_done(cluster.propose(leader, put("/k" + std::to_string(i), "v"))));
  cluster.start(away);
  cluster.until_all_equal();
}

TEST_CASE("one that is not known may have been added, as far as a member can tell that hears no leader") {
  constexpr MemberId kAdded(9);
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId away = cluster.other_than(leader);
  const auto is = [&](peer::Standing standing) {
    return [&, standing] { return cluster.node(away).standing(kAdded) == standing; };
  };
  CHECK(is(peer::Standing::kUnknown)());
  cluster.isolate(away);
  cluster.until("silence", is(peer::Standing::kStranger));
  (void)cluster.propose(leader, NodeWorld::add_member(kAdded, "http://d:1", true));
  cluster.heal();
  cluster.until("its addition", is(peer::Standing::kMember));
  (void)cluster.propose(leader, NodeWorld::remove_member(kAdded));
  cluster.until("its removal", is(peer::Standing::kRemoved));
}

TEST_CASE("the death of a leader that its peers notice is not waited out") {
  NodeCluster cluster(3);
  const MemberId old = cluster.leader();
  const MemberId follower = cluster.other_than(old);
  cluster.stop(old);
  const std::chrono::nanoseconds begin = cluster.clock.monotonic();
  for (size_t i = 0; i < 3; ++i) {
    if (NodeCluster::id_of(i) != old) cluster.node(NodeCluster::id_of(i)).gone(old);
  }
  cluster.until("another leader", [&] {
    const MemberId now = cluster.leader_of(follower);
    return now && now != old;
  });
  CHECK(cluster.clock.monotonic() - begin < std::chrono::milliseconds(100));  // 50 ms of chance, and some ticks
}

TEST_CASE("members that split the votes of a dead leader try again soon") {
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    NodeCluster::Settings settings;
    settings.election_timeout = std::chrono::seconds(2);
    NodeCluster cluster(3, settings);
    const MemberId old = cluster.leader();
    cluster.stop(old);
    std::vector<MemberId> left;
    for (size_t i = 0; i < 3; ++i) {
      if (NodeCluster::id_of(i) != old) left.push_back(NodeCluster::id_of(i));
    }
    cluster.cut(left[0], left[1]);
    cluster.cut(left[1], left[0]);
    const std::chrono::nanoseconds begin = cluster.clock.monotonic();
    for (const MemberId id : left) cluster.node(id).gone(old);
    for (int i = 0; i < 11; ++i) cluster.tick();  // each has stood for election, and heard nothing
    cluster.heal();
    cluster.until("another leader", [&] { return cluster.leader_of(left[0]) && cluster.leader_of(left[0]) != old; });
    CHECK(cluster.clock.monotonic() - begin < std::chrono::seconds(1));
  }
}

}  // namespace
}  // namespace viaduct::server
