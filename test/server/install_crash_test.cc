// What a start finds after a crash while a state from another member takes the place of the own one (CC-9, RB-27).
#include <doctest/doctest.h>

#include "base/random.h"
#include "server/recovery.h"
#include "test/server/snapshot_world.h"
#include "test/support/quiet_log.h"
#include "test/support/stepped_disk.h"

namespace viaduct::server {
TEST_CASE("after a power cut at any step of an installation the next start finds the old or the new state (RB-27)") {
  SeededRandom random(1);
  FakeDisk disk;
  make_data_directory(disk);
  const NodeOptions options = member_options();
  create_log(disk, options, random);
  size_t images = 0, old_states = 0, new_states = 0;
  bool switched = false;
  const auto check = [&] {
    const std::unique_ptr<FakeDisk> image = disk.crash_image(random);
    ++images;
    Result<Recovered> recovered = recover(*image, random, options);
    if (!recovered) FAIL(recovered.error().message);
    const std::string value = SnapshotWorld::value_in(*recovered->store, "/a");
    const bool is_new = value == "new";
    ++(is_new ? new_states : old_states);
    CHECK((is_new || value == "old" || value == "(none)"));
    if (switched) CHECK(is_new);
    CHECK(recovered->restart.log.last_index() >= recovered->restart.log.applied());
    CHECK(recovered->wal->hard_state().vote == kMemberHardState.vote);
    CHECK(recovered->wal->hard_state().term == kMemberHardState.term);
  };
  {
    int steps = 0;
    bool watching = false;
    SteppedDisk stepped(disk, [&](const std::string&) {
      if (watching && ++steps % 3 == 0) check();
    });
    SnapshotWorld world(stepped);
    for (int i = 0; i < 5; ++i) world.leader.put("/a", "new");
    world.after_switch = [&] { switched = true; };
    world.member->barrier();
    watching = true;
    REQUIRE(world.transfer(*world.source()));
    check();
    watching = false;
  }
  CHECK(images > 10);
  CHECK(old_states > 0);
  CHECK(new_states > 0);
}

TEST_CASE("a state ahead of the log is taken for installed only if it is just as it came (CC-12)") {
  SeededRandom random(1);
  FakeDisk disk;
  make_data_directory(disk);
  const NodeOptions options = member_options();
  {
    SnapshotWorld world(disk);
    for (int i = 0; i < 5; ++i) world.leader.put("/a", "new");
    create_log(disk, options, random);
    REQUIRE(world.transfer(*world.source()));
  }
  const std::unique_ptr<FakeDisk> image = disk.crash_image(random);
  {
    const Result<Recovered> recovered = recover(*image, random, options);
    REQUIRE(recovered);
    CHECK(recovered->wal->last_mark() == wal::Mark{Index(6), Term(1)});
    CHECK(recovered->wal->first_index() == Index(7));
  }
  {
    store::Options state;
    state.directory = "/data/state.1";
    store::StoreFixture store(disk, state);
    store.put("/a", "applied");
  }
  const Result<Recovered> recovered = recover(disk, random, options);
  REQUIRE_FALSE(recovered);
  CHECK(recovered.error().code == Code::kCorrupt);
}

TEST_CASE("a log that begins behind what the state has is a loss (INV-R6, CC-12)") {
  struct Case {
    const char* name;
    Index mark;  // the log goes on from there; the state has the first entry
    bool is_loss;
  };
  const QuietLog quiet;
  for (const Case& c : {Case{"at the state's end", Index(1), false}, Case{"an entry further", Index(2), true},
                        Case{"far from it", Index(9), true}}) {
    for (const bool has_peers : {false, true}) {
      CAPTURE(c.name);
      CAPTURE(has_peers);
      SeededRandom random(1);
      FakeDisk disk;
      make_data_directory(disk);
      NodeOptions options = member_options();
      if (has_peers) options.founding.members = {{MemberId(0xa), "a", {}, {}}, {MemberId(0xb), "b", {}, {}}};
      {
        SnapshotWorld world(disk);
        world.member->barrier();
        create_log(disk, options, random);
        const auto log = wal::Wal::open(disk, options.wal_directory, wal_options(options), random);
        REQUIRE(log);
        REQUIRE(log->wal->mark({c.mark, Term(1)}));
      }
      const Result<Recovered> recovered = recover(disk, random, options);
      REQUIRE(recovered.has_value() == (has_peers || !c.is_loss));
      if (!recovered) {
        CHECK(recovered.error().code == Code::kCorrupt);
        continue;
      }
      CHECK(recovered->restart.quarantined == c.is_loss);
      CHECK(recovered->restart.log.base().index <= recovered->restart.log.applied());
    }
  }
}

}  // namespace viaduct::server
