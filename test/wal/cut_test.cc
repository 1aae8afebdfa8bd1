// What marks and cuts leave of a log.
#include "test/wal/log_support.h"

namespace viaduct::wal {
namespace {

TEST_CASE("a cut removes whole segments up to the mark, and what is left is the log from there on") {
  FakeDisk disk;
  SeededRandom random(1);
  auto wal = create(disk, random);
  std::vector<Entry> appended;
  for (uint64_t index = 1; index <= 20; ++index) {
    appended.push_back(entry(index, index / 8, 700));
    append_synced(*wal, {appended.back()}, hard_state(9, 1, index));
  }
  const size_t before = must(list_segments(disk, kDirectory)).size();
  must(wal->mark(mark_at(18, 2)));
  must(wal->cut(Index(1)));
  CHECK(must(list_segments(disk, kDirectory)).size() == before);
  CHECK(wal->first_index() == Index(1));

  const uint64_t kept_bytes = wal->kept_bytes();
  must(wal->cut(Index(11)));
  CHECK(wal->kept_bytes() < kept_bytes);
  const Index first = wal->first_index();
  CHECK(first > Index(1));
  CHECK(first <= Index(12));
  for (const bool is_reopened : {false, true}) {
    CAPTURE(is_reopened);
    if (is_reopened) wal = open(disk, random).wal;
    CHECK(wal->first_index() == first);
    CHECK(wal->last_mark() == mark_at(18, 2));
    CHECK(wal->last_index() == Index(20));
    CHECK(must(wal->term(first.previous())) == Term(first.previous().value / 8));
    const auto too_old = wal->read(first.previous(), first, 1);
    REQUIRE(!too_old);
    CHECK(too_old.error().code == Code::kCompacted);
    REQUIRE(!wal->term(Index(1)));
    CHECK(wal->term(Index(1)).error().code == Code::kCompacted);
    CHECK(all_entries(*wal) ==
          std::vector<Entry>(appended.begin() + static_cast<std::ptrdiff_t>(first.value) - 1, appended.end()));
  }
}

TEST_CASE("RB-31: a power cut while several segments go leaves a log, whichever of them stay") {
  for (uint64_t n = 1;; ++n) {
    FakeDisk disk;
    SeededRandom random(1);
    const auto wal = create(disk, random);
    for (uint64_t index = 1; index <= 20; ++index) append_synced(*wal, {entry(index, 1, 700)}, hard_state(1, 1, index));
    must(wal->mark(mark_at(18)));
    REQUIRE(must(list_segments(disk, kDirectory)).size() > 3);
    disk.fail_call(n, Error{Code::kIo, "power was cut"}, FakeDisk::Repeat::kForEver);
    const bool is_finished = bool(wal->cut(Index(18)));
    CAPTURE(disk.failed_call());
    disk.stop_failing();
    disk.for_each_crash_image([&](FakeDisk& image) {
      const auto opened = Wal::open(image, kDirectory, small_options(), random);
      if (!opened) FAIL(opened.error().message);
      CHECK(opened->wal->last_index() == Index(20));
      CHECK(opened->wal->first_index() <= Index(19));
    });
    if (is_finished) break;
    REQUIRE(n < 100);
  }
}

TEST_CASE("RB-31: a segment whose removal did not last is no part of the log, and goes again") {
  FakeDisk disk;
  SeededRandom random(1);
  auto wal = create(disk, random);
  for (uint64_t index = 1; index <= 20; ++index) append_synced(*wal, {entry(index, 1, 700)}, hard_state(1, 1, index));
  must(wal->mark(mark_at(18)));
  disk.fail_call(1, Error{Code::kIo, "injected"}, FakeDisk::Repeat::kOnce, "sync_directory");
  REQUIRE(!wal->cut(Index(6)));  // undecided for ever, whatever is synced later
  wal = open(disk, random).wal;
  must(wal->cut(Index(12)));
  const Index first = wal->first_index();
  const std::vector<uint64_t> kept = must(list_segments(disk, kDirectory));
  bool came_back = false;
  disk.for_each_crash_image([&](FakeDisk& image) {
    came_back |= must(list_segments(image, kDirectory)).size() > kept.size();
    const auto reopened = open(image, random).wal;
    CHECK(reopened->first_index() == first);
    CHECK(all_entries(*reopened) == entries(first.value, 21, 1, 700));
    CHECK(must(list_segments(image, kDirectory)) == kept);
  });
  CHECK(came_back);
}

TEST_CASE("a segment that begins with a replacement is the oldest one, and the log opens again") {
  for (uint64_t replaced = 8; replaced <= 10; ++replaced) {
    CAPTURE(replaced);
    FakeDisk disk;
    SeededRandom random(1);
    auto wal = create(disk, random);
    append_synced(*wal, entries(1, 11, 1, 100), hard_state(1, 1, 5));
    const size_t segments = must(list_segments(disk, kDirectory)).size();
    append_synced(*wal, entries(replaced, 20, 2, 300), hard_state(2, 1, 7));  // no longer fits
    REQUIRE(must(list_segments(disk, kDirectory)).size() > segments);
    must(wal->append({}, hard_state(2, 1, 19)));
    must(wal->sync());
    must(wal->mark(mark_at(15, 2)));
    must(wal->cut(Index(12)));
    const Index first = wal->first_index();
    CHECK(first > Index(1));
    for (const bool is_reopened : {false, true}) {
      CAPTURE(is_reopened);
      if (is_reopened) wal = open(disk, random).wal;
      CHECK(wal->first_index() == first);
      CHECK(must(wal->term(first.previous())) == Term(first <= Index(replaced) ? 1 : 2));
      CHECK(all_entries(*wal) == entries(first.value, 20, 2, 300));
    }
  }
}

// Known bug: RB-35.
TEST_CASE("a segment is kept until all that it ever added to the log is below the cut") {
  FakeDisk disk;
  SeededRandom random(1);
  const auto wal = create(disk, random);
  append_synced(*wal, entries(1, 4, 1, 900), hard_state(1, 1, 0));  // 1 to 3 in the first segment
  append_synced(*wal, {entry(3, 2, 900)}, hard_state(2, 1, 3));     // 3 again in the second
  must(wal->mark(mark_at(2)));
  must(wal->cut(Index(2)));
  CHECK(wal->first_index() == Index(1));  // the first holds an entry 3, though no longer a living one
  must(wal->mark(mark_at(3, 2)));
  must(wal->cut(Index(3)));
  CHECK(wal->first_index() == Index(4));  // before the second segment's 3 the term is no longer known
  const auto reopened = open(disk, random).wal;
  CHECK(reopened->first_index() == Index(4));
  CHECK(must(reopened->term(Index(3))) == Term(2));
}

TEST_CASE("a mark that the log does not reach replaces it") {
  struct Case {
    std::string name;
    Mark mark;
    bool replaces;
  };
  for (const Case& c : {Case{"in the log", mark_at(5), false}, Case{"the last entry", mark_at(8), false},
                        Case{"beyond it", mark_at(100, 7), true}, Case{"of another term", mark_at(6, 7), true}}) {
    CAPTURE(c.name);
    FakeDisk disk;
    SeededRandom random(1);
    auto wal = create(disk, random);
    append_synced(*wal, entries(1, 9), hard_state(1, 1, 4));
    must(wal->mark(c.mark, hard_state(7, 0, 5)));
    const Index last = c.replaces ? c.mark.index : Index(8);
    for (const bool is_reopened : {false, true}) {
      CAPTURE(is_reopened);
      if (is_reopened) wal = open(disk, random).wal;
      CHECK(wal->last_index() == last);
      CHECK(wal->first_index() == (c.replaces ? last.next() : Index(1)));
      CHECK(wal->last_mark() == c.mark);
      CHECK(wal->hard_state() == HardState{Term(7), MemberId(0), std::max(Index(5), c.mark.index)});
      CHECK(must(wal->term(c.mark.index)) == c.mark.term);
    }
    append_synced(*wal, {entry(last.value + 1, 7)});
    CHECK(must(open(disk, random).wal->read(last.next(), last.next().next(), 100)) ==
          std::vector{entry(last.value + 1, 7)});
  }
}

}  // namespace
}  // namespace viaduct::wal
