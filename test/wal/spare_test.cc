// The segment made ahead, and what a full disk does to a log that has or lacks it.
#include "wal/spare.h"

#include "test/wal/log_support.h"

namespace viaduct::wal {
namespace {

// Known bug: RB-34.
TEST_CASE("a full disk stops appends that need a segment, and nothing else; with space they go on") {
  FakeDisk disk;
  SeededRandom random(1);
  auto wal = create(disk, random);
  must(wal->prepare_spare());
  CHECK(!wal->wants_spare());
  disk.set_free_bytes(0);
  const uint64_t room = wal->room_bytes();
  CHECK(room > 2 * 3000);
  uint64_t next = 1;
  Result<void> appended;
  while ((appended = wal->append(shared({entry(next, 1, 700)}), {}))) {
    must(wal->sync());
    ++next;
  }
  CHECK(appended.error().code == Code::kNoSpace);
  CHECK(next > room / 1000);  // the spare was used
  CHECK(wal->wants_spare());
  CHECK(wal->last_index() == Index(next - 1));
  CHECK(all_entries(*wal) == entries(1, next, 1, 700));
  CHECK(wal->prepare_spare().error().code == Code::kNoSpace);
  must(wal->append({}, hard_state(1, 1, 1)));  // there is room for that
  must(wal->sync());

  disk.set_free_bytes(1 << 20);
  append_synced(*wal, {entry(next, 1, 700)});
  CHECK(all_entries(*open(disk, random).wal) == entries(1, next + 1, 1, 700));
}

TEST_CASE("a log whose spare is there opens with no byte free, one without it says so and loses nothing") {
  for (const bool has_spare : {true, false}) {
    CAPTURE(has_spare);
    FakeDisk disk;
    SeededRandom random(1);
    auto wal = create(disk, random);
    append_synced(*wal, entries(1, 4));
    if (has_spare) must(wal->prepare_spare());
    wal.reset();
    disk.set_free_bytes(0);
    const auto opened = Wal::open(disk, kDirectory, small_options(), random);
    CHECK(opened.has_value() == has_spare);
    if (!opened) CHECK(opened.error().code == Code::kNoSpace);
    disk.set_free_bytes(1 << 20);
    CHECK(all_entries(*open(disk, random).wal) == entries(1, 4));
  }
}

TEST_CASE("a spare that could not be made for want of space, and not be removed either, is given up for good") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random);
  disk.fail_call(3, {Code::kNoSpace, "injected"}, FakeDisk::Repeat::kForEver);
  CHECK(wal->prepare_spare().error().code == Code::kIo);
  disk.stop_failing();
  CHECK(wal->prepare_spare().error().code == Code::kIo);
}

TEST_CASE("a spare that was made is there after a power cut") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random);
  append_synced(*wal, entries(1, 4));
  must(wal->prepare_spare());
  disk.for_each_crash_image([&](FakeDisk& image) {
    image.set_free_bytes(0);
    CHECK(all_entries(*open(image, random).wal) == entries(1, 4));
  });
}

// Known bug: RB-33.
TEST_CASE("what an earlier spare held never becomes part of a segment") {
  FakeDisk disk;
  SeededRandom random(1);
  create(disk, random);
  for (const size_t bytes : {4096, 4000, 5000}) {
    CAPTURE(bytes);
    const auto spare = must(disk.open(join_path(kDirectory, "spare"), OpenMode::kCreate));
    must(spare->write_at(0, std::string(bytes, '?')));
    const auto opened = open(disk, random);
    CHECK(content_of(disk, 1).find('?') == std::string::npos);
    CHECK(content_of(disk, 1).size() == 4096);
  }
}

}  // namespace
}  // namespace viaduct::wal
