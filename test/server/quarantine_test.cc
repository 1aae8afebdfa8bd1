// Members whose own data is damaged while their peers are well (CC-12, INV-D4).
#include "server/quarantine.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "test/server/node_cluster.h"

namespace viaduct::server {
namespace {

constexpr size_t kDamagedBytes = 2000;

std::string ballot_of(NodeCluster& cluster, MemberId id) { return wal_options(cluster.options(id)).ballot_path; }

std::vector<std::string> segments_of(NodeCluster& cluster, MemberId id) {
  FakeDisk& disk = cluster.disk(id);
  const std::string& directory = cluster.options(id).wal_directory;
  std::vector<std::string> paths;
  const std::vector<uint64_t> sequences = wal::list_segments(disk, directory).value();
  for (const uint64_t sequence : sequences) {
    paths.push_back(wal::segment_path(directory, sequence));
  }
  return paths;
}

void overwrite(Disk& disk, const std::string& path, uint64_t offset, size_t bytes) {
  auto file = disk.open(path, OpenMode::kWrite);
  REQUIRE(file);
  REQUIRE((*file)->write_at(offset, std::string(bytes, '\x5a')));
  REQUIRE((*file)->sync());
}

void damage_log(NodeCluster& cluster, MemberId id) {
  overwrite(cluster.disk(id), segments_of(cluster, id).back(), 1024, kDamagedBytes);
}
void remove_log(NodeCluster& cluster, MemberId id) {
  for (const std::string& path : segments_of(cluster, id)) REQUIRE(cluster.disk(id).remove(path));
}
void damage_state(NodeCluster& cluster, MemberId id) {
  FakeDisk& disk = cluster.disk(id);
  const std::string& directory = cluster.options(id).state_directory;
  const std::vector<std::string> names = disk.list(directory).value();
  for (const std::string& name : names) {
    if (name.starts_with("MANIFEST")) overwrite(disk, join_path(directory, name), 0, 60);
  }
}

void damage_all(NodeCluster& cluster, MemberId id) {
  remove_log(cluster, id);
  damage_state(cluster, id);
}

LogStanding standing_of(NodeCluster& cluster, MemberId id) {
  return read_standing(cluster.disk(id), cluster.options(id).data_directory).value();
}

void put_some(NodeCluster& cluster, MemberId at, const std::string& directory) {
  for (int i = 0; i < 20; ++i)
    REQUIRE(succeeded(cluster.propose(at, NodeWorld::put(directory + "/" + std::to_string(i), std::string(500, 'v')))));
}

// All stop, after some writes; then only this one runs, part of whose log is lost.
void start_alone_after_damage(NodeCluster& cluster, MemberId hurt) {
  put_some(cluster, cluster.leader(), "/before");
  for (size_t i = 0; i < 3; ++i) cluster.stop(NodeCluster::id_of(i));
  damage_log(cluster, hurt);
  cluster.start(hurt);
}

struct Damage {
  const char* name;
  void (*apply)(NodeCluster&, MemberId);
};
const Damage kDamages[] = {{"the middle of the log", damage_log},
                           {"all of the log", remove_log},
                           {"the state", damage_state},
                           {"all of the log, and the state", damage_all}};

TEST_CASE("a damaged member has what was lost from its peers, and only then takes part in elections") {
  for (const Damage& damage : kDamages) {
    CAPTURE(damage.name);
    NodeCluster cluster(3);
    const MemberId leader = cluster.leader();
    const MemberId hurt = cluster.other_than(leader);
    put_some(cluster, leader, "/before");
    cluster.stop(hurt);
    damage.apply(cluster, hurt);
    put_some(cluster, leader, "/after");
    cluster.start(hurt);
    cluster.until_all_equal();
    CHECK(cluster.has(hurt, "/before/7"));
    CHECK(cluster.has(hurt, "/after/7"));
    cluster.until("the end of the quarantine", [&] { return standing_of(cluster, hurt) == LogStanding::kWhole; });

    // Counted on again: the two of them are a quorum.
    const MemberId third = [&] {
      for (size_t i = 0; i < 3; ++i) {
        if (NodeCluster::id_of(i) != leader && NodeCluster::id_of(i) != hurt) return NodeCluster::id_of(i);
      }
      return MemberId();
    }();
    cluster.stop(third);
    CHECK(succeeded(cluster.propose(hurt, NodeWorld::put("/together", "v"))));
  }
}

TEST_CASE("a member that joined another has what was lost from that one") {
  for (const Damage& damage : kDamages) {
    CAPTURE(damage.name);
    NodeCluster cluster(1);
    const MemberId hurt = NodeCluster::id_of(2);
    cluster.join(1);
    cluster.join(2);
    put_some(cluster, NodeCluster::id_of(0), "/before");
    cluster.until_all_equal();
    cluster.stop(hurt);
    damage.apply(cluster, hurt);
    cluster.start(hurt);
    cluster.until_all_equal();
    CHECK(cluster.has(hurt, "/before/7"));
    cluster.until("the end of the quarantine", [&] { return standing_of(cluster, hurt) == LogStanding::kWhole; });
    CHECK(succeeded(cluster.propose(hurt, NodeWorld::put("/together", "v"))));
  }
}

TEST_CASE("a member that took part in a term and has neither log nor state stays out of elections") {
  NodeCluster cluster(3);
  put_some(cluster, cluster.leader(), "/before");
  const MemberId hurt = NodeCluster::id_of(0);
  for (size_t i = 0; i < 3; ++i) cluster.stop(NodeCluster::id_of(i));
  damage_all(cluster, hurt);
  cluster.start(hurt);
  CHECK(standing_of(cluster, hurt) == LogStanding::kQuarantined);
}

TEST_CASE("a damaged member does not help a quorum that lacks a whole one") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId hurt = cluster.other_than(leader);
  start_alone_after_damage(cluster, hurt);
  cluster.start(leader);
  const auto write = cluster.begin(leader, NodeWorld::put("/unsafe", "v"));
  for (int i = 0; i < 200; ++i) cluster.tick();
  CHECK_FALSE(cluster.leader_of(leader));
  CHECK_FALSE(cluster.leader_of(hurt));
  CHECK(standing_of(cluster, hurt) == LogStanding::kQuarantined);

  for (size_t i = 0; i < 3; ++i) {
    const MemberId id = NodeCluster::id_of(i);
    if (id != hurt && id != leader) cluster.start(id);
  }
  cluster.until_all_equal();
  CHECK(cluster.has(hurt, "/before/7"));
}

TEST_CASE("a quarantine outlasts a restart") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId hurt = cluster.other_than(leader);
  put_some(cluster, leader, "/before");
  cluster.stop(hurt);
  damage_log(cluster, hurt);
  cluster.isolate(hurt);
  for (int starts = 0; starts < 2; ++starts) {
    cluster.start(hurt);
    for (int i = 0; i < 50; ++i) cluster.tick();
    CHECK(standing_of(cluster, hurt) == LogStanding::kQuarantined);
    cluster.stop(hurt);
  }
  cluster.heal();
  cluster.start(hurt);
  cluster.until("the end of the quarantine", [&] { return standing_of(cluster, hurt) == LogStanding::kWhole; });
  CHECK(cluster.has(hurt, "/before/7"));
}

TEST_CASE("a forced new cluster ends a quarantine for good") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId hurt = cluster.other_than(leader);
  start_alone_after_damage(cluster, hurt);
  cluster.stop(hurt);
  CHECK(standing_of(cluster, hurt) == LogStanding::kQuarantined);
  for (const bool forced : {true, false}) {
    CAPTURE(forced);
    cluster.set_force_new_cluster(hurt, forced);
    cluster.start(hurt);
    cluster.until("a leader", [&] { return cluster.leader_of(hurt) == hurt; });
    CHECK(standing_of(cluster, hurt) == LogStanding::kWhole);
    CHECK(succeeded(cluster.propose(hurt, NodeWorld::put("/alone", "v"))));
    cluster.stop(hurt);
  }
}

TEST_CASE("a member that does not know for whom it has voted either refuses to start, and says what to do") {
  for (const bool is_missing : {true, false}) {
    CAPTURE(is_missing);
    NodeCluster cluster(3);
    const MemberId hurt = cluster.other_than(cluster.leader());
    cluster.stop(hurt);
    damage_log(cluster, hurt);
    if (is_missing) {
      REQUIRE(cluster.disk(hurt).remove(ballot_of(cluster, hurt)));
    } else {
      overwrite(cluster.disk(hurt), ballot_of(cluster, hurt), 20, 4);
    }
    const Result<void> started = cluster.try_start(hurt);
    REQUIRE_FALSE(started);
    CHECK(started.error().code == Code::kCorrupt);
    CHECK(started.error().message.find("nor is it known for whom it has voted") != std::string::npos);
    CHECK(started.error().message.find("etcdctl member remove " + to_hex(hurt.value)) != std::string::npos);
  }
}

TEST_CASE("a member alone whose state is damaged refuses to start, and says where it is and what to do") {
  NodeCluster cluster(1);
  const MemberId alone = NodeCluster::id_of(0);
  cluster.stop(alone);
  damage_state(cluster, alone);
  const Result<void> started = cluster.try_start(alone);
  REQUIRE_FALSE(started);
  CHECK(started.error().code == Code::kCorrupt);
  CHECK(started.error().message.starts_with(cluster.options(alone).state_directory));
  CHECK(started.error().message.find("restore a backup into a new --data-dir") != std::string::npos);
}

// Known bug: RB-38.
TEST_CASE("a member that was found to lack what it acknowledged refuses to start") {
  NodeCluster cluster(3);
  const MemberId hurt = cluster.other_than(cluster.leader());
  cluster.stop(hurt);
  REQUIRE(write_standing(cluster.disk(hurt), cluster.options(hurt).data_directory, LogStanding::kLost));
  const Result<void> started = cluster.try_start(hurt);
  REQUIRE_FALSE(started);
  CHECK(started.error().message == lost_log_text(hurt));
}

TEST_CASE("the damaged log stays beside the new one until the next loss") {
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId hurt = cluster.other_than(leader);
  for (int losses = 0; losses < 2; ++losses) {
    put_some(cluster, leader, "/before" + std::to_string(losses));
    cluster.stop(hurt);
    const size_t segments = segments_of(cluster, hurt).size();
    damage_log(cluster, hurt);
    cluster.start(hurt);
    cluster.until("the end of the quarantine", [&] { return standing_of(cluster, hurt) == LogStanding::kWhole; });
    const std::vector<std::string> names = cluster.disk(hurt).list(cluster.options(hurt).wal_directory).value();
    const auto is_aside = [](const std::string& name) { return name.ends_with(".damaged"); };
    CHECK(static_cast<size_t>(std::count_if(names.begin(), names.end(), is_aside)) == segments);
  }
}

TEST_CASE("a crash at any step into the quarantine is a quarantine at the next start") {
  FakeDisk disk;
  SeededRandom random(1);
  NodeOptions options;
  options.cluster_id = ClusterId(1);
  options.self.id = MemberId(2);
  options.data_directory = "/data";
  options.wal_directory = "/data/wal";
  REQUIRE(disk.create_directory("/data"));
  options.wal_segment_bytes = 4096;
  REQUIRE(disk.sync_directory("/"));
  {
    auto wal = wal::Wal::create(disk, options.wal_directory, wal_options(options), random);
    REQUIRE(wal);
    REQUIRE((*wal)->append({}, HardState{Term(7), MemberId(3), Index()}));
    REQUIRE((*wal)->sync());
  }
  overwrite(disk, "/data/wal/0000000000000001.wal", 520, 20);
  const uint64_t before = disk.calls();
  REQUIRE(enter_quarantine(*disk.crash_image(random), random, options, {Index(5), Term(6)}));
  int crashes = 0;
  for (uint64_t call = 1;; ++call) {
    CAPTURE(call);
    const auto copy = disk.crash_image(random);
    copy->fail_call(call, Error{Code::kIo, "cut"}, FakeDisk::Repeat::kForEver);
    if (enter_quarantine(*copy, random, options, {Index(5), Term(6)})) break;
    ++crashes;
    copy->stop_failing();
    copy->crash(random);
    const auto log = wal::Wal::open(*copy, options.wal_directory, wal_options(options), random);
    const bool is_finished = log && log->wal->last_index() == Index(5);
    if (!is_finished) REQUIRE(enter_quarantine(*copy, random, options, {Index(5), Term(6)}));
    CHECK(read_standing(*copy, "/data").value() == LogStanding::kQuarantined);
    const auto opened = wal::Wal::open(*copy, options.wal_directory, wal_options(options), random);
    REQUIRE(opened);
    CHECK(opened->wal->hard_state() == HardState{Term(7), MemberId(3), Index(5)});
    CHECK(opened->wal->last_index() == Index(5));
  }
  CHECK(crashes > 10);
  CHECK(disk.calls() == before);
}

}  // namespace
}  // namespace viaduct::server
