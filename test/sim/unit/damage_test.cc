#include "test/sim/damage.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "test/wal/log_support.h"
#include "wal/recovery.h"

namespace viaduct::sim {
namespace {

constexpr uint64_t kSeeds = 300;
const std::string kState = "/state", kTable = kState + "/table";
const Stored kStored{wal::kDirectory, kState, wal::small_options().identity};

// Two segments of log with no end mark, and a file of state.
void fill(FakeDisk& disk) {
  SeededRandom random(1);
  const auto log = wal::create(disk, random);
  for (uint64_t index = 1; wal::must(wal::list_segments(disk, wal::kDirectory)).size() < 2; ++index)
    wal::append_synced(*log, {wal::entry(index, 1, 700)}, wal::hard_state(1, 1, 0));
  wal::append_synced(*log, wal::entries(log->last_index().value + 1, log->last_index().value + 3, 1, 700));
  wal::must(disk.create_directory(kState));
  const auto table = wal::must(disk.open(kTable, OpenMode::kCreate));
  wal::must(table->write_at(0, std::string(3 * kSectorBytes + 100, 't')));
  wal::must(table->sync());
  for (const char* directory : {"/", wal::kDirectory.c_str(), kState.c_str()})
    wal::must(disk.sync_directory(directory));
}

using Content = std::map<std::string, std::string>;  // by path

Content content_of(FakeDisk& disk) {
  Content content;
  for (const std::string& directory : {kStored.log, kStored.state}) {
    for (const std::string& name : wal::must(disk.list(directory))) {
      const std::string path = join_path(directory, name);
      content[path] = wal::must(read_file(disk, path, UINT64_MAX));
    }
  }
  return content;
}

// Of what both have.
size_t changed_sectors(const std::string& before, const std::string& after) {
  std::set<uint64_t> sectors;
  for (uint64_t at = 0; at < std::min(before.size(), after.size()); ++at) {
    if (before[at] != after[at]) sectors.insert(at / kSectorBytes);
  }
  return sectors.size();
}

// Nothing: the log is not whole.
std::optional<uint64_t> frames_of(FakeDisk& disk) {
  const auto recovered =
      wal::recover(disk, wal::kDirectory, wal::must(wal::list_segments(disk, wal::kDirectory)), kStored.identity);
  return recovered ? std::optional(recovered->chain.next_frame) : std::nullopt;
}

}  // namespace

TEST_CASE("what would pass for an unfinished write is undone, and any other damage stays") {
  std::map<std::string, int> seen;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(seed);
    FakeDisk disk;
    fill(disk);
    const Content before = content_of(disk);
    const std::optional<uint64_t> whole = frames_of(disk);
    REQUIRE(whole);

    Dice dice(seed);
    const std::optional<std::string> done = damage(disk, kStored, dice);
    disk.crash(dice);  // whatever it did is there to stay
    const Content after = content_of(disk);
    if (!done) {
      ++seen["undone"];
      CHECK(after == before);
      continue;
    }
    CAPTURE(*done);
    for (const char* what : {"bent", "empty", "ends"}) seen[what] += done->find(what) != std::string::npos;
    seen["state"] += done->starts_with(kState);
    for (const auto& [path, content] : before) {
      CHECK((after.at(path) == content || done->starts_with(path + " ")));
      CHECK(after.at(path).size() <= content.size());
      CHECK(changed_sectors(content, after.at(path)) <= 1);
    }
    const std::optional<uint64_t> left = frames_of(disk);
    CHECK((!left || *left == *whole));
    seen["lost"] += !left;
    seen["changed"] += after != before;
  }
  CHECK(seen["undone"] > 0);
  CHECK(seen["lost"] > 0);
  CHECK(seen["state"] > 0);
  for (const char* what : {"bent", "empty", "ends"}) CHECK_MESSAGE(seen[what] > 0, what);
  CHECK(seen["changed"] > static_cast<int>(kSeeds / 2));
}

TEST_CASE("a log that was not whole before can be damaged in any way") {
  for (uint64_t seed = 1; seed <= kSeeds / 3; ++seed) {
    CAPTURE(seed);
    FakeDisk disk;
    fill(disk);
    wal::replace_segment(disk, 1, "");
    Dice dice(seed);
    const Content before = content_of(disk);
    if (const auto done = damage(disk, kStored, dice)) continue;
    CHECK(content_of(disk) == before);  // it was the empty file's turn
  }
}

TEST_CASE("where there is nothing, nothing is damaged") {
  FakeDisk disk;
  Dice dice(1);
  CHECK(!damage(disk, kStored, dice));
  wal::must(disk.create_directory(kState));
  CHECK(!damage(disk, kStored, dice));
  wal::must(disk.open(kTable, OpenMode::kCreate));
  CHECK(!damage(disk, kStored, dice));
}

}  // namespace viaduct::sim
