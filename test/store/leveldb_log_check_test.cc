#include "store/leveldb_log_check.h"

#include <doctest/doctest.h>

#include <vector>

#include "test/store/leveldb_log_writer.h"
#include "test/support/fake_disk.h"

namespace viaduct::store {
namespace {

constexpr size_t kBlockBytes = 32768;

std::string batch(uint64_t sequence, uint32_t count, size_t padding = 20) {
  std::string bytes;
  put_le64(bytes, sequence);
  put_le32(bytes, count);
  return bytes + std::string(padding, static_cast<char>('a' + sequence % 26));
}

std::string edit(uint64_t first_live_log, uint64_t last_sequence) {
  std::string bytes;
  put_varint(bytes, 2);
  put_varint(bytes, first_live_log);
  put_varint(bytes, 4);
  put_varint(bytes, last_sequence);
  return bytes;
}

// Every tag there is, so that a reader that skips one wrongly loses its way.
std::string first_edit() {
  std::string bytes;
  const auto number = [&](uint64_t value) { put_varint(bytes, value); };
  const auto text = [&](Bytes value) { put_length_prefixed(bytes, value); };
  number(1), text("leveldb.BytewiseComparator");
  number(9), number(0);
  number(3), number(4);
  number(5), number(1), text("key");
  number(6), number(0), number(300);
  number(7), number(1), number(5), number(4096), text("smallest"), text("largest");
  return bytes + edit(3, 0);
}

std::string file_of(const std::vector<std::string>& payloads) {
  LeveldbLogWriter writer;
  for (const std::string& payload : payloads) writer.add(payload);
  return writer.bytes();
}

void put_file(FakeDisk& disk, const std::string& path, Bytes content) {
  if (*disk.exists(path)) REQUIRE(disk.remove(path));
  auto file = disk.open(path, OpenMode::kCreate);
  REQUIRE(file);
  REQUIRE((*file)->write_at(0, content));
  REQUIRE((*file)->sync());
  REQUIRE(disk.sync_directory(parent_directory(path)));
}

// A database directory whose first live log is 3, with nothing in tables.
std::unique_ptr<FakeDisk> disk_with(const std::string& log3, const std::string& log5 = "") {
  auto disk = std::make_unique<FakeDisk>();
  REQUIRE(disk->create_directory("/db"));
  REQUIRE(disk->sync_directory("/"));
  put_file(*disk, "/db/CURRENT", "MANIFEST-000002\n");
  put_file(*disk, "/db/MANIFEST-000002", file_of({first_edit()}));
  put_file(*disk, "/db/000003.log", log3);
  if (!log5.empty()) put_file(*disk, "/db/000005.log", log5);
  return disk;
}

LeveldbLogCheck check(FakeDisk& disk) {
  auto found = check_leveldb_logs(disk, "/db");
  if (!found) FAIL(found.error().message);
  return *found;
}

void check_is_corrupt(FakeDisk& disk, const std::string& reason) {
  const auto found = check_leveldb_logs(disk, "/db");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Code::kCorrupt);
  CAPTURE(found.error().message);
  CHECK(found.error().message.find(reason) != std::string::npos);
}

std::string content_of(FakeDisk& disk, const std::string& path) {
  const auto content = read_file(disk, path, 1 << 20);
  REQUIRE(content);
  return *content;
}

TEST_CASE("where nothing is, there is no database and nothing is made") {
  FakeDisk disk;
  CHECK_FALSE(check(disk).has_database);
  REQUIRE(disk.create_directory("/db"));
  CHECK_FALSE(check(disk).has_database);
  put_file(disk, "/db/MANIFEST-000001", "LevelDB was stopped before it named this one");
  CHECK_FALSE(check(disk).has_database);
}

TEST_CASE("an unbroken sequence of batches stays as it is") {
  const std::string first = file_of({batch(1, 2), batch(3, 0), batch(3, 1)});
  const std::string second = file_of({batch(4, 3), batch(7, 1)});
  const auto disk = disk_with(first, second);
  put_file(*disk, "/db/000007.log", "");  // made by an open that a crash ended
  const LeveldbLogCheck found = check(*disk);
  CHECK(found.has_database);
  CHECK(found.batches == 5);
  CHECK(found.last_sequence == 7);
  CHECK_FALSE(found.log_cut);
  CHECK_FALSE(found.manifest_cut);
  CHECK(content_of(*disk, "/db/000003.log") == first);
  CHECK(content_of(*disk, "/db/000005.log") == second);
  CHECK(*disk->exists("/db/000007.log"));
}

TEST_CASE("payloads may start and end anywhere in a block") {
  constexpr size_t kFixed = 7 + 12;  // header and batch header
  for (size_t left = 0; left <= 40; ++left) {
    CAPTURE(left);
    const auto disk =
        disk_with(file_of({batch(1, 1, kBlockBytes - kFixed - left), batch(2, 1, 3 * kBlockBytes), batch(3, 1)}));
    const LeveldbLogCheck found = check(*disk);
    CHECK(found.batches == 3);
    CHECK_FALSE(found.log_cut);
  }
}

TEST_CASE("a log cut to any length keeps its whole batches, and the cut is made clean") {
  const std::vector<std::string> batches{batch(1, 1), batch(2, 1, kBlockBytes), batch(3, 1, 5)};
  const std::string whole = file_of(batches);
  std::vector<size_t> ends{0};
  for (size_t n = 1; n <= batches.size(); ++n) ends.push_back(file_of({batches.begin(), batches.begin() + n}).size());

  for (size_t length = 0; length <= whole.size(); length += length < 100 || length + 100 > whole.size() ? 1 : 61) {
    CAPTURE(length);
    const size_t kept = std::upper_bound(ends.begin(), ends.end(), length) - ends.begin() - 1;
    const auto disk = disk_with(whole.substr(0, length));
    const LeveldbLogCheck found = check(*disk);
    REQUIRE(found.batches == kept);
    REQUIRE(found.log_cut.has_value() == (ends[kept] != length));
    REQUIRE(content_of(*disk, "/db/000003.log") == whole.substr(0, ends[kept]));
    REQUIRE_FALSE(check(*disk).log_cut);
  }
}

TEST_CASE("a flipped byte anywhere ends the state before its batch and takes later logs along") {
  const std::vector<std::string> batches{batch(1, 1), batch(2, 1, 300), batch(3, 1)};
  const std::string whole = file_of(batches);
  const size_t first_end = file_of({batches[0]}).size();
  const size_t second_end = file_of({batches[0], batches[1]}).size();
  for (size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 0x10);
    const auto disk = disk_with(bent, file_of({batch(4, 1)}));
    const LeveldbLogCheck found = check(*disk);
    REQUIRE(found.batches == (at < first_end ? 0 : at < second_end ? 1 : 2));
    REQUIRE(found.log_cut);
    REQUIRE(found.log_cut->path == "/db/000003.log");
    REQUIRE(found.log_cut->dropped_paths == std::vector<std::string>{"/db/000005.log"});
    REQUIRE_FALSE(*disk->exists("/db/000005.log"));
  }
}

TEST_CASE("the state ends where the next batch is missing (RB-70)") {
  const std::string three = file_of({batch(1, 1), batch(2, 1), batch(3, 1)});
  const std::string later = file_of({batch(4, 1)});
  std::string zeroed_block = file_of({batch(1, 1, 2 * kBlockBytes), batch(2, 1, 2 * kBlockBytes), batch(3, 1)});
  std::fill_n(zeroed_block.begin() + 3 * kBlockBytes, kBlockBytes, '\0');
  struct Case {
    const char* name;
    std::string log3, log5;
    uint64_t batches;
    const char* cut_path;
    const char* reason;
  };
  for (const Case& c : {
           Case{"the end of a rotated log is lost", three.substr(0, 2 * three.size() / 3), later, 2, "/db/000005.log",
                "sequence 4 follows 2"},
           Case{"and shows as zeros", three.substr(0, 2 * three.size() / 3) + std::string(39, '\0'), later, 2,
                "/db/000003.log", "zeros"},
           Case{"a rotated log is lost whole", "", later, 0, "/db/000005.log", "follows a log without a batch"},
           Case{"and shows as zeros", std::string(three.size(), '\0'), later, 0, "/db/000003.log", "zeros"},
           Case{"a block is zeroed", zeroed_block, later, 1, "/db/000003.log", "zeros"},
           Case{"a batch is missing inside", file_of({batch(1, 1), batch(3, 1)}), later, 1, "/db/000003.log",
                "sequence 3 follows 1"},
           Case{"a batch comes twice", file_of({batch(1, 1), batch(1, 1)}), later, 1, "/db/000003.log",
                "sequence 1 follows 1"},
           Case{"the first batch is ahead of the manifest", file_of({batch(2, 1)}), "", 0, "/db/000003.log",
                "sequence 2 follows 0"},
           Case{"a batch is shorter than its header", file_of({batch(1, 1), "tiny"}), "", 1, "/db/000003.log",
                "a batch lacks its header"},
           Case{"stray bytes", three + "stray", later, 3, "/db/000003.log", "a header is cut short"},
       }) {
    CAPTURE(c.name);
    const auto disk = disk_with(c.log3, c.log5);
    const LeveldbLogCheck found = check(*disk);
    CHECK(found.batches == c.batches);
    CHECK(found.last_sequence == c.batches);
    REQUIRE(found.log_cut);
    CHECK(found.log_cut->path == c.cut_path);
    CHECK(found.log_cut->reason == c.reason);
    CHECK_FALSE(check(*disk).log_cut);
    CHECK(check(*disk).batches == c.batches);
  }
}

TEST_CASE("records of one payload must follow each other") {
  LeveldbLogWriter long_one;
  long_one.add(batch(1, 1, 2 * kBlockBytes));
  const std::string first = long_one.bytes().substr(0, kBlockBytes);
  const std::string rest = long_one.bytes().substr(kBlockBytes);
  struct Case {
    const char* name;
    std::string log;
    const char* reason;
  };
  for (const Case& c : {Case{"start only", first, "a payload ends early"},
                        Case{"start twice", first + first, "a payload starts inside another"},
                        Case{"no start", rest, "a payload lacks its start"}}) {
    CAPTURE(c.name);
    const auto disk = disk_with(c.log);
    const LeveldbLogCheck found = check(*disk);
    CHECK(found.batches == 0);
    REQUIRE(found.log_cut);
    CHECK(found.log_cut->reason == c.reason);
    CHECK(content_of(*disk, "/db/000003.log") == "");
  }
}

TEST_CASE("logs below the first live one do not count") {
  const auto disk = disk_with("garbage", file_of({batch(11, 1)}));
  put_file(*disk, "/db/MANIFEST-000002", file_of({first_edit(), edit(5, 12)}));
  const LeveldbLogCheck found = check(*disk);
  CHECK(found.batches == 1);
  CHECK_FALSE(found.log_cut);
  CHECK(content_of(*disk, "/db/000003.log") == "garbage");
}

TEST_CASE("an unfinished last edit is cut off the manifest, at every length and for every lost sector") {
  const std::string synced = file_of({first_edit()});
  const std::string whole = file_of({first_edit(), edit(4, 9) + edit(5, 9)});
  for (size_t length = synced.size() + 1; length < whole.size(); ++length) {
    for (const bool as_zeros : {false, true}) {
      CAPTURE(length);
      CAPTURE(as_zeros);
      const auto disk = disk_with(file_of({batch(1, 1)}));
      put_file(*disk, "/db/MANIFEST-000002",
               whole.substr(0, length) + (as_zeros ? std::string(whole.size() - length, '\0') : ""));
      const LeveldbLogCheck found = check(*disk);
      CHECK(found.batches == 1);
      REQUIRE(found.manifest_cut);
      REQUIRE(content_of(*disk, "/db/MANIFEST-000002") == synced);
    }
  }
}

TEST_CASE("damage that no power cut leaves is refused") {
  const auto disk = disk_with(file_of({batch(1, 1)}));
  SUBCASE("a manifest broken before its last edit") {
    const std::string whole = file_of({first_edit(), edit(3, 0)});
    for (size_t at = 0; at < file_of({first_edit()}).size(); ++at) {
      CAPTURE(at);
      std::string bent = whole;
      bent[at] = static_cast<char>(bent[at] ^ 0x10);
      put_file(*disk, "/db/MANIFEST-000002", bent);
      check_is_corrupt(*disk, "MANIFEST-000002: at 0");
    }
  }
  SUBCASE("a manifest broken in the middle") {
    const size_t start = file_of({first_edit()}).size();
    const size_t end = file_of({first_edit(), edit(3, 0)}).size();
    const std::string whole = file_of({first_edit(), edit(3, 0), edit(3, 7)});
    for (size_t at = start; at < end; ++at) {
      CAPTURE(at);
      std::string bent = whole;
      bent[at] = static_cast<char>(bent[at] ^ 0x10);
      put_file(*disk, "/db/MANIFEST-000002", bent);
      check_is_corrupt(*disk, "MANIFEST-000002: at " + std::to_string(start));
      CHECK(content_of(*disk, "/db/MANIFEST-000002") == bent);
    }
  }
  SUBCASE("an empty manifest") {
    put_file(*disk, "/db/MANIFEST-000002", "");
    check_is_corrupt(*disk, "without an edit");
  }
  SUBCASE("an edit with an unknown tag") {
    put_file(*disk, "/db/MANIFEST-000002", file_of({first_edit(), "\x08\x01"}));
    check_is_corrupt(*disk, "not an edit");
  }
  SUBCASE("an edit that ends inside a value") {
    put_file(*disk, "/db/MANIFEST-000002", file_of({first_edit(), "\x02"}));
    check_is_corrupt(*disk, "not an edit");
  }
  SUBCASE("no manifest") {
    REQUIRE(disk->remove("/db/MANIFEST-000002"));
    check_is_corrupt(*disk, "missing");
  }
  SUBCASE("no CURRENT") {
    REQUIRE(disk->remove("/db/CURRENT"));
    check_is_corrupt(*disk, "missing beside data");
  }
  SUBCASE("a CURRENT of garbage") {
    put_file(*disk, "/db/CURRENT", "../../etc/passwd\n");
    check_is_corrupt(*disk, "names no manifest");
    put_file(*disk, "/db/CURRENT", "MANIFEST-000002\n" + std::string(1000, '\n'));
    check_is_corrupt(*disk, "names no manifest");
  }
  SUBCASE("no first live log") {
    REQUIRE(disk->remove("/db/000003.log"));
    check_is_corrupt(*disk, "first live log 3 is missing");
  }
}

// Known bug: RB-32.
TEST_CASE("a check that fails or loses power part way finds the same state the next time") {
  const auto prepared = [] {
    auto disk = disk_with(file_of({batch(1, 1)}) + "torn", file_of({batch(3, 1)}));
    put_file(*disk, "/db/000007.log", file_of({batch(4, 1)}));
    put_file(*disk, "/db/MANIFEST-000002", file_of({first_edit()}) + "torn");
    return disk;
  };
  const auto whole = prepared();
  const uint64_t before = whole->calls();
  check(*whole);
  const uint64_t calls = whole->calls() - before;
  whole->for_each_crash_image([](FakeDisk& image) {
    CHECK(*image.list("/db") == std::vector<std::string>{"000003.log", "CURRENT", "MANIFEST-000002"});
    CHECK(content_of(image, "/db/000003.log") == file_of({batch(1, 1)}));
    CHECK(content_of(image, "/db/MANIFEST-000002") == file_of({first_edit()}));
  });

  for (uint64_t n = 1; n <= calls; ++n) {
    const auto disk = prepared();
    disk->fail_call(n, {Code::kIo, "broken"}, FakeDisk::Repeat::kForEver);
    CHECK_FALSE(check_leveldb_logs(*disk, "/db"));
    CAPTURE(disk->failed_call());
    disk->for_each_crash_image([](FakeDisk& image) {
      const LeveldbLogCheck found = check(image);
      CHECK(found.batches == 1);
      for (const char* later : {"/db/000005.log", "/db/000007.log"}) {
        if (*image.exists(later)) CHECK(content_of(image, later) == "");
      }
      CHECK(content_of(image, "/db/000003.log") == file_of({batch(1, 1)}));
      CHECK(content_of(image, "/db/MANIFEST-000002") == file_of({first_edit()}));
    });
  }
}

}  // namespace
}  // namespace viaduct::store
