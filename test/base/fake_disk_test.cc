// The fault model itself: a fake that forgave too much would make every crash test above it worthless.
#include "test/support/fake_disk.h"

#include <doctest/doctest.h>

#include <set>

namespace viaduct {
namespace {

using Images = std::set<std::string>;

constexpr char kGone[] = "(gone)";

std::string content_of(FakeDisk& disk, const std::string& path) {
  auto content = read_file(disk, path, 1 << 20);
  return content ? *content : kGone;
}

// Every state that `path` can be in after a power cut now.
Images images_of(const FakeDisk& disk, const std::string& path) {
  Images images;
  disk.for_each_crash_image([&](FakeDisk& image) { images.insert(content_of(image, path)); });
  return images;
}

// An open file "/f" whose name and content are on the medium.
std::unique_ptr<File> durable_file(FakeDisk& disk, Bytes content) {
  auto file = disk.open("/f", OpenMode::kCreate);
  REQUIRE(file);
  REQUIRE((*file)->write_at(0, content));
  REQUIRE((*file)->sync());
  REQUIRE(disk.sync_directory("/"));
  return std::move(*file);
}

std::string sectors(const std::string& letters) {
  std::string text;
  for (const char letter : letters) text.append(kSectorBytes, letter == '0' ? '\0' : letter);
  return text;
}

TEST_CASE("a synced file in a synced directory survives every power cut") {
  FakeDisk disk;
  durable_file(disk, "safe");
  CHECK(images_of(disk, "/f") == Images{"safe"});
}

TEST_CASE("a synced file whose name was not synced may vanish") {
  FakeDisk disk;
  auto file = disk.open("/f", OpenMode::kCreate);
  REQUIRE((*file)->write_at(0, "x"));
  REQUIRE((*file)->sync());
  CHECK(images_of(disk, "/f") == Images{"x", kGone});
}

TEST_CASE("a name can be durable before its data and its size are") {
  FakeDisk disk;
  auto file = disk.open("/f", OpenMode::kCreate);
  REQUIRE(disk.sync_directory("/"));
  REQUIRE((*file)->write_at(0, "x"));
  CHECK(images_of(disk, "/f") == Images{"", std::string(1, '\0'), "x"});
}

TEST_CASE("unsynced overwrites survive one by one, in any combination") {
  FakeDisk disk;
  const auto file = durable_file(disk, "ab");
  REQUIRE(file->write_at(0, "1"));
  REQUIRE(file->write_at(1, "2"));
  CHECK(images_of(disk, "/f") == Images{"ab", "1b", "a2", "12"});
}

TEST_CASE("of two writes to one place the earlier one never wins over the later one") {
  FakeDisk disk;
  const auto file = durable_file(disk, "a");
  REQUIRE(file->write_at(0, "1"));
  REQUIRE(file->write_at(0, "2"));
  CHECK(images_of(disk, "/f") == Images{"a", "1", "2"});
}

TEST_CASE("a write is torn at sector borders of the file only, every sector on its own") {
  FakeDisk disk;
  const auto file = durable_file(disk, sectors("aaa"));
  REQUIRE(file->write_at(kSectorBytes - 1, "1" + sectors("1") + "1"));
  Images expected;
  for (int kept = 0; kept < 8; ++kept) {
    std::string image = sectors("aaa");
    if (kept & 1) image[kSectorBytes - 1] = '1';
    if (kept & 2) image.replace(kSectorBytes, kSectorBytes, kSectorBytes, '1');
    if (kept & 4) image[2 * kSectorBytes] = '1';
    expected.insert(image);
  }
  CHECK(images_of(disk, "/f") == expected);
}

TEST_CASE("a long write is kept, lost or cut in two at any border") {
  FakeDisk disk;
  const auto file = durable_file(disk, sectors("aaaaaaa"));
  REQUIRE(file->write_at(0, sectors("1111111")));
  Images expected;
  for (size_t border = 0; border <= 7; ++border) {
    expected.insert(sectors(std::string(border, '1') + std::string(7 - border, 'a')));
    expected.insert(sectors(std::string(border, 'a') + std::string(7 - border, '1')));
  }
  CHECK(images_of(disk, "/f") == expected);
}

TEST_CASE("truncation and allocation may be lost too") {
  FakeDisk disk;
  const auto file = durable_file(disk, "abc");
  SUBCASE("cut") {
    REQUIRE(file->truncate(1));
    CHECK(images_of(disk, "/f") == Images{"abc", "a"});
  }
  SUBCASE("cut and written again") {
    REQUIRE(file->truncate(0));
    REQUIRE(file->write_at(0, "x"));
    CHECK(images_of(disk, "/f") == Images{"abc", "xbc", "", std::string(1, '\0'), "x", "a"});
  }
  SUBCASE("reserved") {
    REQUIRE(file->allocate(4));
    CHECK(images_of(disk, "/f") == Images{"abc", std::string("abc\0", 4)});
  }
  SUBCASE("synced") {
    REQUIRE(file->truncate(1));
    REQUIRE(file->sync());
    CHECK(images_of(disk, "/f") == Images{"a"});
  }
}

TEST_CASE("rename and unlink happen or not, and only a directory sync decides") {
  FakeDisk disk;
  durable_file(disk, "old");
  auto fresh = disk.open("/new", OpenMode::kCreate);
  REQUIRE((*fresh)->write_at(0, "new"));
  REQUIRE((*fresh)->sync());
  SUBCASE("rename over a file: never neither of the two") {
    REQUIRE(disk.rename("/new", "/f"));
    CHECK(images_of(disk, "/f") == Images{"old", "new"});
    REQUIRE(disk.sync_directory("/"));
    CHECK(images_of(disk, "/f") == Images{"new"});
    CHECK(images_of(disk, "/new") == Images{kGone});
  }
  SUBCASE("unlink") {
    REQUIRE(disk.remove("/f"));
    CHECK(images_of(disk, "/f") == Images{"old", kGone});
    REQUIRE(disk.sync_directory("/"));
    CHECK(images_of(disk, "/f") == Images{kGone});
  }
}

TEST_CASE("a directory lost takes what is in it along, synced or not") {
  FakeDisk disk;
  REQUIRE(disk.create_directory("/d"));
  auto file = disk.open("/d/f", OpenMode::kCreate);
  REQUIRE((*file)->write_at(0, "x"));
  REQUIRE((*file)->sync());
  REQUIRE(disk.sync_directory("/d"));
  CHECK(images_of(disk, "/d/f") == Images{"x", kGone});
  REQUIRE(disk.sync_directory("/"));
  CHECK(images_of(disk, "/d/f") == Images{"x"});
}

TEST_CASE("after a failed sync a later one reports success without the data") {
  FakeDisk disk;
  const auto file = durable_file(disk, "abc");
  REQUIRE(file->write_at(0, "1"));
  disk.fail_call(1, {Code::kIo, "medium error"}, FakeDisk::Repeat::kOnce, "sync");
  CHECK_FALSE(file->sync());
  REQUIRE(file->write_at(1, "2"));
  CHECK(file->sync());
  CHECK(content_of(disk, "/f") == "12c");  // the cache still shows it
  CHECK(images_of(disk, "/f") == Images{"a2c", "12c"});
  REQUIRE(file->write_at(0, "3"));
  CHECK(file->sync());
  CHECK(images_of(disk, "/f") == Images{"32c"});
}

TEST_CASE("after a failed directory sync the names stay undecided") {
  FakeDisk disk;
  REQUIRE(disk.open("/f", OpenMode::kCreate));
  disk.fail_call(1, {Code::kIo, "medium error"});
  CHECK_FALSE(disk.sync_directory("/"));
  CHECK(disk.sync_directory("/"));
  CHECK(images_of(disk, "/f") == Images{"", kGone});
}

TEST_CASE("the n-th call that a label selects fails, once or for ever") {
  FakeDisk disk;
  const auto file = durable_file(disk, "abcd");
  SUBCASE("once, counted over all calls") {
    disk.fail_call(2, {Code::kNoSpace, "full"});
    CHECK(disk.exists("/f"));
    const auto failed = file->size();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Code::kNoSpace);
    CHECK(disk.failed_call() == "size /f");
    CHECK(file->size());
  }
  SUBCASE("for ever, by label") {
    disk.fail_call(2, {Code::kIo, "broken"}, FakeDisk::Repeat::kForEver, "write ");
    CHECK(file->write_at(0, "1"));
    CHECK(file->size());
    CHECK_FALSE(file->write_at(0, "2"));
    CHECK_FALSE(file->write_at(0, "3"));
    disk.stop_failing();
    CHECK(file->write_at(0, "4"));
  }
  SUBCASE("a failing write is a short one") {
    disk.fail_call(1, {Code::kIo, "broken"});
    CHECK_FALSE(file->write_at(0, "1234"));
    CHECK(content_of(disk, "/f") == "12cd");
  }
  SUBCASE("every call counts") {
    const uint64_t before = disk.calls();
    CHECK(file->size());
    CHECK(disk.list("/"));
    CHECK(disk.calls() == before + 2);
  }
}

TEST_CASE("a full disk takes what fits and says so") {
  FakeDisk disk;
  const auto file = durable_file(disk, "ab");
  disk.set_free_bytes(2);
  CHECK(*disk.free_bytes("/") == 2);
  const auto written = file->write_at(2, "cde");
  REQUIRE_FALSE(written);
  CHECK(written.error().code == Code::kNoSpace);
  CHECK(content_of(disk, "/f") == "abcd");
  CHECK(*disk.free_bytes("/") == 0);
  CHECK(file->write_at(0, "ABCD"));  // overwriting needs no room
  CHECK_FALSE(file->allocate(5));
  CHECK_FALSE(file->truncate(5));
  REQUIRE(file->truncate(1));
  CHECK(file->allocate(4));
  REQUIRE(disk.remove("/f"));
  CHECK(*disk.free_bytes("/") == 4);
}

TEST_CASE("a power cut in place kills open files and releases locks") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto file = durable_file(disk, "safe");
  auto lock = disk.lock("/f");
  REQUIRE(lock);
  disk.crash(random);
  CHECK_FALSE(file->write_at(0, "late"));
  CHECK_FALSE(file->sync());
  CHECK_FALSE(file->size());
  CHECK(content_of(disk, "/f") == "safe");
  const auto relocked = disk.lock("/f");
  CHECK(relocked);
  lock->reset();
  CHECK_FALSE(disk.lock("/f"));  // an old lock's end does not release a new one
}

TEST_CASE("a crash image is a disk of its own and the same for the same seed") {
  FakeDisk disk;
  const auto file = durable_file(disk, "abcdef");
  for (uint64_t i = 0; i < 6; ++i) REQUIRE(file->write_at(i, "X"));
  Images seen;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SeededRandom one(seed);
    SeededRandom other(seed);
    const auto image = disk.crash_image(one);
    REQUIRE(content_of(*image, "/f") == content_of(*disk.crash_image(other), "/f"));
    seen.insert(content_of(*image, "/f"));
    REQUIRE(image->remove("/f"));
  }
  CHECK(seen.size() > 50);  // of 64
  CHECK(content_of(disk, "/f") == "XXXXXX");
}

TEST_CASE("write_file_atomically() shows the old or the new content after every power cut and every failed call") {
  const auto prepared = [] {
    auto disk = std::make_unique<FakeDisk>();
    durable_file(*disk, "old");
    return disk;
  };
  auto counted = prepared();
  const uint64_t before = counted->calls();
  REQUIRE(write_file_atomically(*counted, "/f", "new"));
  const uint64_t calls = counted->calls() - before;
  CHECK(images_of(*counted, "/f") == Images{"new"});

  for (uint64_t n = 1; n <= calls; ++n) {
    auto disk = prepared();
    disk->fail_call(n, {Code::kIo, "broken"});
    CHECK_FALSE(write_file_atomically(*disk, "/f", "new"));
    CAPTURE(disk->failed_call());
    for (const std::string& content : images_of(*disk, "/f")) {
      CHECK((content == "old" || content == "new"));
    }
  }
}

}  // namespace
}  // namespace viaduct
