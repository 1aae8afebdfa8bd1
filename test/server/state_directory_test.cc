#include "server/state_directory.h"

#include <doctest/doctest.h>

#include "test/support/fake_disk.h"
#include "test/support/stepped_disk.h"

namespace viaduct::server {
namespace {

void make_file(Disk& disk, const std::string& path, Bytes content = "x") {
  Result<std::unique_ptr<File>> file = disk.open(path, OpenMode::kCreate);
  REQUIRE(file);
  REQUIRE((*file)->write_at(0, content));
  REQUIRE((*file)->sync());
  REQUIRE(disk.sync_directory(parent_directory(path)));
}

void make_state(Disk& disk, const std::string& path) {
  REQUIRE(disk.create_directory(path));
  REQUIRE(disk.sync_directory(parent_directory(path)));
  make_file(disk, path + "/CURRENT");
}

std::unique_ptr<StateDirectory> open(Disk& disk) {
  Result<std::unique_ptr<StateDirectory>> opened = StateDirectory::open(disk, "/data/state");
  if (!opened) FAIL(opened.error().message);
  return *std::move(opened);
}

void make_data_directory(Disk& disk) {
  REQUIRE(disk.create_directory("/data"));
  REQUIRE(disk.sync_directory("/"));
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the state is in the first directory until another one is switched to") {
  FakeDisk disk;
  make_data_directory(disk);
  CHECK(open(disk)->path() == "/data/state");
  make_state(disk, "/data/state");
  const auto directory = open(disk);
  CHECK(*directory->make_room() == "/data/state.1");
  make_state(disk, "/data/state.1");
  CHECK(directory->path() == "/data/state");
  REQUIRE(directory->switch_to_next());
  CHECK(directory->path() == "/data/state.1");
  CHECK(*directory->make_room() == "/data/state.2");
  CHECK(open(disk)->path() == "/data/state.1");
  CHECK(*disk.list("/data") == Names{"state.1", "state.current"});
}

// Known bug: RB-33.
TEST_CASE("what an interrupted attempt left goes at the next start and before the next attempt, and nothing else") {
  FakeDisk disk;
  make_data_directory(disk);
  make_state(disk, "/data/state");
  make_state(disk, "/data/state.1");
  make_file(disk, "/data/state.current.tmp");
  make_file(disk, "/data/stateful");
  make_file(disk, "/data/identity.a");
  const auto directory = open(disk);
  CHECK(*disk.list("/data") == Names{"identity.a", "state", "stateful"});
  make_state(disk, "/data/state.1");
  REQUIRE(directory->make_room());
  CHECK(*disk.list("/data") == Names{"identity.a", "state", "stateful"});
}

TEST_CASE("a pointer that cannot be read stops the start") {
  FakeDisk disk;
  make_data_directory(disk);
  make_state(disk, "/data/state");
  {
    const auto directory = open(disk);
    REQUIRE(directory->make_room());
    make_state(disk, "/data/state.1");
    REQUIRE(directory->switch_to_next());
  }
  const std::string good = *read_file(disk, "/data/state.current", 100);
  std::vector<std::string> bad = {"", good + "x", good.substr(1)};
  for (size_t at = 0; at < good.size(); ++at) {
    bad.push_back(good);
    bad.back()[at] ^= 1;
  }
  for (const std::string& content : bad) {
    REQUIRE(disk.remove("/data/state.current"));
    make_file(disk, "/data/state.current", content);
    const auto opened = StateDirectory::open(disk, "/data/state");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::kCorrupt);
  }
  CHECK(*disk.exists("/data/state.1"));
}

TEST_CASE("a disk that fails before the pointer has its name leaves the old state current") {
  for (uint64_t call = 1; call <= 4; ++call) {
    CAPTURE(call);
    FakeDisk disk;
    make_data_directory(disk);
    make_state(disk, "/data/state");
    const auto directory = open(disk);
    REQUIRE(directory->make_room());
    make_state(disk, "/data/state.1");
    disk.fail_call(call, {Code::kNoSpace, "full"}, FakeDisk::Repeat::kOnce, "state.current.tmp");
    const Result<void> switched = directory->switch_to_next();
    if (disk.failed_call().empty()) break;
    CAPTURE(disk.failed_call());
    REQUIRE_FALSE(switched);
    CHECK(switched.error().code == Code::kNoSpace);
    CHECK(directory->path() == "/data/state");
    disk.stop_failing();
    REQUIRE(directory->switch_to_next());
    CHECK(directory->path() == "/data/state.1");
  }
}

// Known bug: RB-31.
TEST_CASE("after a power cut at any step the old or the new state is there, after the switch the new one") {
  FakeDisk disk;
  make_data_directory(disk);
  size_t images = 0;
  const auto check = [&](bool is_switched) {
    disk.for_each_crash_image([&](FakeDisk& image) {
      ++images;
      const auto directory = open(image);
      CHECK(*image.exists(directory->path() + "/CURRENT"));
      if (is_switched) CHECK(directory->path() == "/data/state.1");
    });
  };
  SteppedDisk stepped(disk, [&](const std::string&) { check(false); });
  make_state(disk, "/data/state");
  const auto directory = open(stepped);
  REQUIRE(directory->make_room());
  make_state(disk, "/data/state.1");
  REQUIRE(directory->switch_to_next());
  check(true);
  REQUIRE(remove_state(disk, "/data/state"));
  check(true);
  CHECK(images > 5);
}

}  // namespace viaduct::server
