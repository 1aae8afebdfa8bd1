// What recovery demands of the segments as a whole.
#include "wal/recovery.h"

#include <functional>

#include "test/wal/log_support.h"
#include "wal/format.h"

namespace viaduct::wal {
namespace {

// Four segments, the first three full.
std::unique_ptr<Wal> four_segments(FakeDisk& disk, Random& random, size_t first_bytes = 700) {
  auto wal = create(disk, random);
  append_synced(*wal, {entry(1, 1, first_bytes)}, hard_state(1, 1, 1));
  for (uint64_t index = 2; must(list_segments(disk, kDirectory)).size() < 4; ++index) {
    append_synced(*wal, {entry(index, 1, 700)}, hard_state(1, 1, index));
  }
  return wal;
}

// Known bug: RB-30.
TEST_CASE("a segment that is missing, damaged or another one's is loss") {
  struct Case {
    std::string name;
    std::function<void(FakeDisk&)> damage;
    const char* named;  // file in the message
  };
  const auto remove = [](FakeDisk& disk, uint64_t sequence) { must(disk.remove(segment_path(kDirectory, sequence))); };
  for (const Case& c :
       {Case{"the first missing", [=](FakeDisk& d) { remove(d, 1); }, "0000000000000001.wal"},
        Case{"one in the middle missing", [=](FakeDisk& d) { remove(d, 2); }, "0000000000000002.wal"},
        Case{"the one before the last missing", [=](FakeDisk& d) { remove(d, 3); }, "0000000000000003.wal"},
        Case{"one empty", [](FakeDisk& d) { replace_segment(d, 2, ""); }, "0000000000000002.wal"},
        Case{"the newest empty", [](FakeDisk& d) { replace_segment(d, 4, ""); }, "0000000000000004.wal"},
        Case{"the newest cut", [](FakeDisk& d) { replace_segment(d, 4, content_of(d, 4).substr(0, 1024)); },
             "0000000000000004.wal"},
        Case{"one with the content of another", [](FakeDisk& d) { replace_segment(d, 3, content_of(d, 2)); },
             "0000000000000003.wal"},
        Case{"one of a log that went another way",
             [](FakeDisk& d) {
               FakeDisk other;
               SeededRandom same_salts(3);
               four_segments(other, same_salts, 710);
               replace_segment(d, 1, content_of(other, 1));
             },
             "0000000000000001.wal"},
        Case{"a frame damaged in an earlier one",
             [](FakeDisk& d) {
               std::string content = content_of(d, 2);
               content[1000] ^= 1;
               replace_segment(d, 2, content);
             },
             "0000000000000002.wal"},
        Case{"the last frames of an earlier one unwritten",
             [](FakeDisk& d) {
               std::string content = content_of(d, 2);
               fill(content, 1600, content.size(), 0);
               replace_segment(d, 2, content);
             },
             "0000000000000002.wal"}}) {
    CAPTURE(c.name);
    FakeDisk disk;
    SeededRandom random(3);
    four_segments(disk, random);
    c.damage(disk);
    const auto opened = Wal::open(disk, kDirectory, small_options(), random);
    REQUIRE(!opened);
    CHECK(opened.error().code == Code::kCorrupt);
    CHECK(opened.error().message.find(c.named) != std::string::npos);
  }
}

TEST_CASE("the log of another member, cluster or format is refused, not called damaged") {
  struct Case {
    std::string name;
    Identity identity;
  };
  for (const Case& c :
       {Case{"member", {ClusterId(0xc1), MemberId(0xa2)}}, Case{"cluster", {ClusterId(0xc2), MemberId(0xa1)}}}) {
    CAPTURE(c.name);
    FakeDisk disk;
    SeededRandom random(1);
    create(disk, random);
    Options options = small_options();
    options.identity = c.identity;
    const auto opened = Wal::open(disk, kDirectory, options, random);
    REQUIRE(!opened);
    CHECK(opened.error().code == Code::kInvalidArgument);
  }
  FakeDisk disk;
  SeededRandom random(1);
  create(disk, random);
  std::string content = content_of(disk, 1);
  content[4] = 9;  // the version
  std::string crc;
  put_le32(crc, crc32c(0, Bytes(content).substr(0, kSegmentHeaderBytes - 4)));
  content.replace(kSegmentHeaderBytes - 4, 4, crc);
  replace_segment(disk, 1, content);
  const auto opened = Wal::open(disk, kDirectory, small_options(), random);
  REQUIRE(!opened);
  CHECK(opened.error().code == Code::kInvalidArgument);
}

TEST_CASE("only names that segments are given are taken for segments") {
  FakeDisk disk;
  SeededRandom random(1);
  create(disk, random);
  for (const char* name : {"spare", "000000000000000a", "000000000000000A.wal", "00000000000000002.wal", "2.wal",
                           "000000000000000g.wal", "0000000000000002.wal.tmp"}) {
    must(disk.open(join_path(kDirectory, name), OpenMode::kCreate));
  }
  must(disk.open(segment_path(kDirectory, 0x1f), OpenMode::kCreate));
  CHECK(must(list_segments(disk, kDirectory)) == std::vector<uint64_t>{1, 0x1f});
}

}  // namespace
}  // namespace viaduct::wal
