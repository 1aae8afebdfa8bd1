#include "server/log_keeper.h"

#include <doctest/doctest.h>

#include "test/server/snapshot_world.h"

namespace viaduct::server {
namespace {

constexpr uint64_t kSnapshotCount = 10;

// A member alone, whose log keeps no more than it must. The test is its raft thread.
class KeeperWorld {
 public:
  KeeperWorld() {
    raft_.campaign();
    write();
    REQUIRE(raft_.role() == raft::Role::kLeader);
  }

  // Commits entries up to `last`, none of which raft has heard to be applied.
  void commit_up_to(Index last) {
    while (raft_.log().last_index() < last) {
      REQUIRE(raft_.propose(std::string(1000, 'e')));
      write();
    }
    REQUIRE(raft_.log().commit() == last);
  }

  // The barrier, and what follows it on the raft thread.
  void step(Index applied) {
    keeper_.step(applied);
    Inbox::Batch batch;
    maintenance_.post_function([this] { inbox_.push_function([this] { maintained_ = true; }); });
    for (maintained_ = false; !maintained_; batch.functions.clear()) {
      inbox_.take(batch, std::chrono::seconds(20));
      REQUIRE_FALSE(batch.empty());
      for (const std::function<void()>& function : batch.functions) function();
    }
  }

  raft::Raft& raft() { return raft_; }
  const wal::Wal& wal() const { return *wal_; }

 private:
  static NodeOptions node_options() {
    NodeOptions options = member_options();
    options.snapshot_count = kSnapshotCount;
    options.wal_segment_bytes = 4096;
    options.retention = {.entries = 0, .bytes = 0, .bytes_for_follower = 0, .step_bytes = 1};
    return options;
  }
  std::unique_ptr<wal::Wal> make_log() {
    make_data_directory(disk_);
    auto made = wal::Wal::create(disk_, options_.wal_directory, wal_options(options_), random_);
    REQUIRE(made);
    return *std::move(made);
  }
  raft::Raft make_raft() {
    raft::Options options;
    options.id = options_.self.id;
    auto made = raft::Raft::start(options, {{}, {{options.id}, {}, {}}, raft::Log({}, Index(), 1 << 20)}, random_);
    REQUIRE(made);
    return *std::move(made);
  }
  void write() {
    while (raft_.has_ready()) {
      const raft::Ready ready = raft_.ready();
      REQUIRE(wal_->append(ready.entries, ready.hard_state));
      REQUIRE(wal_->sync());
      keeper_.appended(ready.entries);
      raft_.persisted(ready.sequence);
    }
  }

  FakeDisk disk_;
  SeededRandom random_{1};
  const NodeOptions options_ = node_options();
  store::StoreFixture store_;
  std::unique_ptr<wal::Wal> wal_ = make_log();
  raft::Raft raft_ = make_raft();
  NodeCounts counts_;
  bool maintained_ = false;
  Inbox inbox_{{}};
  ThreadPool maintenance_{"maintenance", 1};
  LogKeeper keeper_{*wal_, *store_, raft_, maintenance_, inbox_, options_, counts_};
};

TEST_CASE("a barrier and a cut come after so many applied entries (RF-8)") {
  KeeperWorld world;
  world.commit_up_to(Index(40));
  world.raft().applied(Index(kSnapshotCount - 1));
  world.step(Index(kSnapshotCount - 1));
  CHECK(world.wal().last_mark().index == Index());

  world.raft().applied(Index(30));
  world.step(Index(30));
  CHECK(world.wal().last_mark() == wal::Mark{Index(30), Term(1)});
  CHECK(world.wal().first_index() > Index(20));
  CHECK(world.raft().log().first_index() == world.wal().first_index());
}

// The apply thread goes on during a slow sync; raft hears of it in its next turn, after a cut that was on its way.
TEST_CASE("the log is not cut beyond what raft knows to be applied (INV-R6)") {
  KeeperWorld world;
  world.commit_up_to(Index(40));
  world.raft().applied(Index(20));
  world.step(Index(40));
  CHECK(world.wal().last_mark().index == Index(20));
  CHECK(world.raft().log().first_index() == world.wal().first_index());

  world.raft().applied(Index(40));
  world.step(Index(40));
  CHECK(world.wal().last_mark().index == Index(40));
  CHECK(world.raft().log().first_index() == world.wal().first_index());
}

}  // namespace
}  // namespace viaduct::server
