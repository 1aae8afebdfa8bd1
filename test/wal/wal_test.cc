#include "wal/wal.h"

#include <functional>
#include <thread>

#include "test/support/temporary_directory.h"
#include "test/wal/log_support.h"

namespace viaduct::wal {
namespace {

TEST_CASE("a log gives back what was appended, before and after it is opened again") {
  FakeDisk disk;
  SeededRandom random(1);
  const HardState state = hard_state(2, 7, 3);
  const std::vector<Entry> appended = {entry(1), Entry{Term(1), Index(2), EntryType::kConfiguration, "members"},
                                       entry(3, 2, 0), entry(4, 2, 900)};
  {
    const auto wal = create(disk, random);
    CHECK(wal->first_index() == Index(1));
    CHECK(wal->last_index() == Index(0));
    append_synced(*wal, {appended[0], appended[1]});
    append_synced(*wal, {appended[2], appended[3]}, state);
    CHECK(all_entries(*wal) == appended);
  }
  const Wal::Opened opened = open(disk, random);
  CHECK(!opened.tail_cut);
  CHECK(opened.wal->hard_state() == state);
  CHECK(opened.wal->last_mark() == Mark{});
  CHECK(all_entries(*opened.wal) == appended);
  CHECK(must(opened.wal->term(Index(0))) == Term(0));
  CHECK(must(opened.wal->term(Index(2))) == Term(1));
  CHECK(must(opened.wal->term(Index(4))) == Term(2));
}

TEST_CASE("create() wants a directory without a log, and open() one with") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto missing = Wal::open(disk, kDirectory, small_options(), random);
  REQUIRE(!missing);
  CHECK(missing.error().code == Code::kNotFound);
  must(disk.create_directory(kDirectory));
  const auto empty = Wal::open(disk, kDirectory, small_options(), random);
  REQUIRE(!empty);
  CHECK(empty.error().code == Code::kNotFound);
  create(disk, random);
  const auto present = Wal::create(disk, kDirectory, small_options(), random);
  REQUIRE(!present);
  CHECK(present.error().code == Code::kAlreadyExists);
}

TEST_CASE("an append is one write and a sync one call, and neither when there is nothing to do") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random);
  const auto calls_of = [&](const std::function<void()>& work) {
    const uint64_t before = disk.calls();
    work();
    return disk.calls() - before;
  };
  CHECK(calls_of([&] { must(wal->sync()); }) == 0);
  CHECK(calls_of([&] { must(wal->append({}, {})); }) == 0);
  CHECK(calls_of([&] { must(wal->append(shared(entries(1, 10)), hard_state(1, 1, 0))); }) == 1);
  CHECK(calls_of([&] { must(wal->sync()); }) == 1);
  CHECK(calls_of([&] { must(wal->sync()); }) == 0);
  CHECK(calls_of([&] { must(wal->write_end_mark()); }) == 1);
  CHECK(calls_of([&] { must(wal->append({}, hard_state(2, 1, 9))); }) == 1);
  CHECK(calls_of([&] { must(wal->append(shared(entries(10, 11, 2)), {})); }) == 2);  // the frame before is synced first
}

TEST_CASE("entries are read back in any range and size, through segments and replaced ones") {
  FakeDisk disk;
  SeededRandom random(1);
  auto wal = create(disk, random);
  std::vector<Entry> expected = entries(1, 12, 1, 500);
  append_synced(*wal, expected, hard_state(1, 1, 3));
  uint64_t term = 1;
  for (const uint64_t from : {9, 5, 8, 4}) {  // each replaces the rest of the log, in two frames
    ++term;
    const std::vector<Entry> tail = entries(from, from + 7, term, 400);
    append_synced(*wal, {tail.begin(), tail.begin() + 2}, hard_state(term, 1, 3));
    append_synced(*wal, {tail.begin() + 2, tail.end()});
    expected.resize(from - 1);
    expected.insert(expected.end(), tail.begin(), tail.end());
  }
  REQUIRE(must(list_segments(disk, kDirectory)).size() > 3);
  for (const bool is_reopened : {false, true}) {
    CAPTURE(is_reopened);
    if (is_reopened) wal = open(disk, random).wal;
    REQUIRE(wal->last_index() == Index(expected.size()));
    for (uint64_t from = 1; from <= expected.size(); ++from) {
      for (uint64_t to = from + 1; to <= expected.size() + 1; ++to) {
        const std::vector<Entry> wanted(expected.begin() + static_cast<std::ptrdiff_t>(from) - 1,
                                        expected.begin() + static_cast<std::ptrdiff_t>(to) - 1);
        CHECK(must(wal->read(Index(from), Index(to), UINT64_MAX)) == wanted);
      }
    }
  }
}

TEST_CASE("a read stops at its limit in bytes, but gives one entry") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random);
  append_synced(*wal, entries(1, 9, 1, 100));
  struct Case {
    uint64_t max_bytes, entries;
  };
  for (const Case& c :
       {Case{0, 1}, Case{99, 1}, Case{100, 1}, Case{199, 1}, Case{200, 2}, Case{799, 7}, Case{800, 8}}) {
    CAPTURE(c.max_bytes);
    CHECK(must(wal->read(Index(1), Index(9), c.max_bytes)).size() == c.entries);
  }
}

// Known bug: RB-27.
TEST_CASE("an append larger than a frame becomes several, and its commit is written with the last") {
  FakeDisk disk;
  SeededRandom random(1);
  Options options = small_options(65536);
  options.max_frame_bytes = 2000;
  const std::vector<Entry> appended = entries(1, 30, 1, 300);
  {
    const auto wal = create(disk, random, options);
    append_synced(*wal, appended, hard_state(1, 1, 29));
    CHECK(all_entries(*wal) == appended);
  }
  const auto opened = open(disk, random, options);
  CHECK(all_entries(*opened.wal) == appended);
  CHECK(opened.wal->hard_state() == hard_state(1, 1, 29));
}

TEST_CASE("an entry is taken up to the limit in size and read again; beyond it nothing is written (RB-29)") {
  for (const uint64_t frame_bytes : {uint64_t{2000}, uint64_t{1} << 20}) {
    CAPTURE(frame_bytes);
    FakeDisk disk;
    SeededRandom random(1);
    Options options = small_options();
    options.max_frame_bytes = frame_bytes;
    options.segment_bytes = std::max<uint64_t>(options.segment_bytes, 2 * frame_bytes);
    auto wal = create(disk, random, options);
    const size_t limit = wal->max_entry_bytes();
    const uint64_t calls = disk.calls();
    const auto refused = wal->append(shared({entry(1), entry(2, 1, limit + 1)}), hard_state(1, 1, 0));
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::kTooLarge);
    CHECK(disk.calls() == calls);
    CHECK(wal->last_index() == Index(0));
    CHECK(wal->hard_state() == HardState{});

    const std::vector<Entry> large = {entry(1, 1, limit - 1), entry(2, 1, limit)};
    append_synced(*wal, large, hard_state(1, 1, 2));
    wal.reset();
    const auto opened = open(disk, random, options);
    CHECK(all_entries(*opened.wal) == large);
    CHECK(opened.wal->hard_state() == hard_state(1, 1, 2));
  }
}

TEST_CASE("a log opens with smaller segments and frames than it was written with") {
  FakeDisk disk;
  SeededRandom random(1);
  append_synced(*create(disk, random, small_options(65536)), entries(1, 40, 1, 900));
  Options options = small_options();
  options.max_frame_bytes = 1024;
  for (uint64_t next = 40; next < 43; ++next) {
    const auto opened = open(disk, random, options);
    append_synced(*opened.wal, {entry(next)});
    CHECK(all_entries(*opened.wal).size() == next);
  }
}

TEST_CASE("an end mark is left out where the segment has no room for it") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random);
  const Entry fills = entry(1, 1, wal->max_entry_bytes());
  append_synced(*wal, {fills}, hard_state(1, 1, 0));
  CHECK(wal->room_bytes() == 0);
  must(wal->write_end_mark());
  CHECK(content_of(disk, 1).size() == 4096);
  append_synced(*wal, {entry(2)});
  CHECK(all_entries(*open(disk, random).wal) == std::vector{fills, entry(2)});
}

TEST_CASE("reading back finds what went bad since the log was opened") {
  FakeDisk other_disk;
  SeededRandom other_random(2);
  append_synced(*create(other_disk, other_random), entries(1, 9));
  struct Case {
    std::string name;
    std::function<std::string(std::string)> damage;
  };
  for (const Case& c : {Case{"a bit", [](std::string content) { return content.replace(700, 1, "?"); }},
                        Case{"the end", [](std::string content) { return content.substr(0, 700); }},
                        Case{"all", [](std::string content) { return std::string(content.size(), 0); }},
                        Case{"another log's", [&](std::string) { return content_of(other_disk, 1); }}}) {
    CAPTURE(c.name);
    FakeDisk disk;
    SeededRandom random(1);
    const auto wal = create(disk, random);
    append_synced(*wal, entries(1, 9));
    replace_segment(disk, 1, c.damage(content_of(disk, 1)));
    const auto got = wal->read(Index(1), Index(9), UINT64_MAX);
    REQUIRE(!got);
    CHECK(got.error().code == Code::kCorrupt);
    CHECK(got.error().message.find("0000000000000001.wal at offset 512") != std::string::npos);
  }
}

TEST_CASE("reading back tells of a call that fails, and may be tried again") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random);
  append_synced(*wal, entries(1, 9));
  for (const char* call : {"open ", "read "}) {
    CAPTURE(call);
    disk.fail_call(1, {Code::kIo, "injected"}, FakeDisk::Repeat::kOnce, call + segment_path(kDirectory, 1));
    const auto got = wal->read(Index(1), Index(9), UINT64_MAX);
    REQUIRE(!got);
    CHECK(got.error().code == Code::kIo);
    CHECK(must(wal->read(Index(1), Index(9), UINT64_MAX)) == entries(1, 9));
  }
}

TEST_CASE("on a real disk a log is written, filled through segments beside a thread that makes them, and read again") {
  const TemporaryDirectory temporary;
  const std::string directory = join_path(temporary.path(), "wal");
  PosixDisk disk;
  SystemRandom random;
  Options options = small_options(1 << 20);
  std::vector<Entry> expected;
  {
    auto wal = must(Wal::create(disk, directory, options, random));
    for (uint64_t index = 1; index <= 60; ++index) {
      expected.push_back(entry(index, 1, 100'000));
      const std::jthread maker([&] { CHECK(wal->prepare_spare()); });
      append_synced(*wal, {expected.back()}, hard_state(1, 1, index));
      must(wal->write_end_mark());
    }
    CHECK(all_entries(*wal) == expected);
    must(wal->mark(mark_at(40)));
    must(wal->cut(Index(40)));
  }
  const auto opened = must(Wal::open(disk, directory, options, random));
  CHECK(!opened.tail_cut);
  const uint64_t first = opened.wal->first_index().value;
  CHECK(first > 20);
  CHECK(first <= 41);
  expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(first) - 1);
  CHECK(all_entries(*opened.wal) == expected);
}

}  // namespace
}  // namespace viaduct::wal
