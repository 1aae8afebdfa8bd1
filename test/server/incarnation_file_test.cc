#include "server/incarnation_file.h"

#include <doctest/doctest.h>

#include "test/server/snapshot_world.h"

namespace viaduct::server {
namespace {

constexpr int64_t kMillisecond = 1'000'000;

uint64_t next(Disk& disk, int64_t wall_ns) {
  const Result<uint64_t> number = next_incarnation(disk, "/data", wall_ns);
  REQUIRE(number);
  return *number;
}

TEST_CASE("incarnations rise with each start, whatever the wall clock does") {
  FakeDisk disk;
  make_data_directory(disk);
  CHECK(next(disk, 1000 * kMillisecond) == 1001);
  CHECK(next(disk, 1000 * kMillisecond) == 1002);
  CHECK(next(disk, 5 * kMillisecond) == 1003);
  CHECK(next(disk, -5 * kMillisecond) == 1004);
  CHECK(next(disk, 2000 * kMillisecond) == 2001);
}

// Its data were put back or taken away, and its clock as well.
TEST_CASE("the start after one that its peers found too old is newer than all they have heard of (RB-38)") {
  FakeDisk disk;
  make_data_directory(disk);
  CHECK(next(disk, 10 * kMillisecond) == 11);
  REQUIRE(raise_incarnation(disk, "/data", 1001));
  SeededRandom random(1);
  const std::unique_ptr<FakeDisk> after_power_cut = disk.crash_image(random);
  CHECK(next(*after_power_cut, 20 * kMillisecond) == 1002);

  REQUIRE(raise_incarnation(disk, "/data", 500));  // by a process that goes on from an older file than is there
  CHECK(next(disk, 20 * kMillisecond) == 1002);
}

}  // namespace
}  // namespace viaduct::server
