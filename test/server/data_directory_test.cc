#include "server/data_directory.h"

#include <doctest/doctest.h>

#include "server/data_directory_foreign.h"
#include "server/identity_file.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"

namespace viaduct::server {
namespace {

const Identity kIdentity{ClusterId(0xcdf818194e3a8c32), MemberId(0x8e9e05c52164694d)};

TEST_CASE("a new directory is made, locked and given an identity that stays") {
  FakeDisk disk;
  {
    auto directory = DataDirectory::open(disk, "/var/lib/d", "");
    REQUIRE(directory);
    CHECK(!directory->identity());
    CHECK(directory->wal_path() == "/var/lib/d/wal");
    CHECK(directory->state_path() == "/var/lib/d/state");
    CHECK(DataDirectory::open(disk, "/var/lib/d", "").error().code == Code::kLocked);
    REQUIRE(directory->set_identity(kIdentity));
    CHECK(directory->identity() == kIdentity);
  }
  auto again = DataDirectory::open(disk, "/var/lib/d", "/wal");
  REQUIRE(again);
  CHECK(again->wal_path() == "/wal");
  CHECK(again->identity() == kIdentity);
}

TEST_CASE("files of etcd are refused, named, and left as they are") {
  struct Case {
    const char* name;
    const char* shown;
  };
  for (const Case& c : {
           Case{"member", "member (etcd 2 or 3)"},
           Case{"proxy", "proxy (etcd 2 or 3, as a proxy)"},
           Case{"snap", "snap (etcd 2)"},
           Case{"wal", "wal (etcd 2)"},
           Case{"log", "log (etcd 0.4)"},
           Case{"conf", "conf (etcd 0.4)"},
           Case{"snapshot", "snapshot (etcd 0.4)"},
           Case{"standby_info", "standby_info (etcd 0.4)"},
           Case{"0000000000000002-0000000000000005.snap", "0000000000000002-0000000000000005.snap (etcd)"},
           Case{"0000000000000005.snap.db", "0000000000000005.snap.db (etcd)"},
           Case{"0000000000000000-0000000000000000.wal", "0000000000000000-0000000000000000.wal (etcd)"},
       }) {
    CAPTURE(c.name);
    FakeDisk disk;
    REQUIRE(disk.create_directory("/d"));
    REQUIRE(disk.create_directory("/d/" + std::string(c.name)));
    const auto directory = DataDirectory::open(disk, "/d", "");
    REQUIRE(!directory);
    CHECK(directory.error().code == Code::kInvalidArgument);
    CHECK(directory.error().message == "data directory /d holds files of etcd: " + std::string(c.shown) +
                                           "; nothing was written to it. Give another --data-dir");
    CHECK(*disk.list("/d") == std::vector<std::string>{c.name});
  }
}

TEST_CASE("etcd's log segments are refused in a log directory of its own, too") {
  FakeDisk disk;
  REQUIRE(disk.create_directory("/wal"));
  REQUIRE(disk.open("/wal/0000000000000000-0000000000000000.wal", OpenMode::kCreate));
  CHECK(DataDirectory::open(disk, "/d", "/wal").error().code == Code::kInvalidArgument);
  CHECK(disk.list("/d")->empty());
  CHECK(!has_etcd_segments({"0.tmp", "00000000000000000-000000000000000.wal", "x.wal", "0000000000000000.wal"}));
}

TEST_CASE("what nobody knows is left alone") {
  QuietLog quiet;
  FakeDisk disk;
  REQUIRE(disk.create_directory("/d"));
  for (const char* name : {"/d/notes", "/d/lost+found"}) REQUIRE(disk.open(name, OpenMode::kCreate));
  CHECK(DataDirectory::open(disk, "/d", ""));
  CHECK(*disk.list("/d") == std::vector<std::string>{"lock", "lost+found", "notes"});
  CHECK(find_foreign({"notes", "lost+found", "lock", "identity.a.tmp"}, false).strays ==
        std::vector<std::string>{"notes"});
}

TEST_CASE("state without an identity is not taken for a new member") {
  FakeDisk disk;
  REQUIRE(disk.create_directory("/d"));
  REQUIRE(disk.create_directory("/d/state"));
  CHECK(DataDirectory::open(disk, "/d", "").error().code == Code::kCorrupt);
}

// Known bug: RB-33.
TEST_CASE("leftovers of interrupted writes go, ours alone") {
  QuietLog quiet;
  FakeDisk disk;
  REQUIRE(disk.create_directory("/d"));
  for (const char* name : {"identity.a.tmp", "ballast.tmp", "snapshot.tmp", "other.tmp"}) {
    REQUIRE(disk.open("/d/" + std::string(name), OpenMode::kCreate));
  }
  REQUIRE(DataDirectory::open(disk, "/d", ""));
  CHECK(*disk.list("/d") == std::vector<std::string>{"lock", "other.tmp"});
}

TEST_CASE("after a power cut at any call of the first start, a second start gets the same identity") {
  QuietLog quiet;
  const auto first_start = [](Disk& disk) -> Result<Identity> {
    auto directory = DataDirectory::open(disk, "/d", "");
    if (!directory) return directory.error();
    if (!directory->identity()) VIADUCT_TRY(directory->set_identity(kIdentity));
    return *directory->identity();
  };
  FakeDisk counting;
  REQUIRE(first_start(counting));
  for (uint64_t n = 1; n <= counting.calls(); ++n) {
    CAPTURE(n);
    FakeDisk disk;
    disk.fail_call(n, Error{Code::kIo, "cut"}, FakeDisk::Repeat::kForEver);
    CHECK(!first_start(disk));
    disk.for_each_crash_image([&](FakeDisk& image) {
      const auto identity = first_start(image);
      REQUIRE_MESSAGE(identity, (identity ? "" : identity.error().message));
      CHECK(*identity == kIdentity);
    });
  }
}

// Known bug: RB-34.
TEST_CASE("the ballast takes its space, gives it back, and is not made by halves") {
  FakeDisk disk;
  auto directory = DataDirectory::open(disk, "/d", "");
  REQUIRE(directory);
  const uint64_t before = *disk.free_bytes("/d");
  CHECK(directory->release_ballast());
  REQUIRE(directory->create_ballast());
  REQUIRE(directory->create_ballast());
  CHECK(*disk.free_bytes("/d") + kBallastBytes <= before);
  REQUIRE(directory->release_ballast());
  REQUIRE(directory->release_ballast());
  CHECK(*disk.free_bytes("/d") == before);

  disk.set_free_bytes(kBallastBytes - 1);
  CHECK(directory->create_ballast().error().code == Code::kNoSpace);
  CHECK(*disk.list("/d") == std::vector<std::string>{"lock"});
}

}  // namespace
}  // namespace viaduct::server
