#include "wal/entry_map.h"

#include <doctest/doctest.h>

namespace viaduct::wal {
namespace {

constexpr uint64_t kFar = 64 << 10;

TEST_CASE("an empty map has no first entry") { CHECK(!EntryMap().first()); }

TEST_CASE("a place is kept for frames that are far apart or in another segment") {
  EntryMap map;
  map.add({Index(1), 1, 512}, Index(0));
  map.add({Index(2), 1, 1000}, Index(1));
  map.add({Index(3), 1, 512 + kFar}, Index(2));
  map.add({Index(4), 2, 512}, Index(3));
  CHECK(map.first() == Index(1));
  struct Case {
    uint64_t index, sequence, offset, next;
  };
  for (const Case& c :
       {Case{1, 1, 512, 3}, Case{2, 1, 512, 3}, Case{3, 1, 512 + kFar, 4}, Case{4, 2, 512, 0}, Case{9, 2, 512, 0}}) {
    CAPTURE(c.index);
    const Stretch found = map.find(Index(c.index));
    CHECK(found.from.sequence == c.sequence);
    CHECK(found.from.offset == c.offset);
    CHECK((found.next ? found.next->first : Index(0)) == Index(c.next));
  }
}

TEST_CASE("entries that replace others start a stretch of their own, and end the one before") {
  struct Case {
    std::string name;
    uint64_t first;        // of the replacing frame
    uint64_t before_from;  // where the entry before it is looked up
  };
  for (const Case& c : {Case{"within a stretch", 3, 1}, Case{"at a place", 6, 1}, Case{"after the last place", 8, 6}}) {
    CAPTURE(c.name);
    EntryMap map;
    map.add({Index(1), 1, 512}, Index(0));
    map.add({Index(6), 2, 512}, Index(5));  // with 6 to 9
    map.add({Index(c.first), 2, 2000}, Index(9));
    CHECK(map.find(Index(c.first)).from.offset == 2000);
    CHECK(map.find(Index(c.first + 5)).from.offset == 2000);
    const Stretch before = map.find(Index(c.first).previous());
    CHECK(before.from.first == Index(c.before_from));
    CHECK(before.next->first == Index(c.first));
  }
}

TEST_CASE("forgetting segments leaves the entries of later ones") {
  EntryMap map;
  map.add({Index(1), 1, 512}, Index(0));
  map.add({Index(5), 2, 512}, Index(4));
  map.forget_segments_before(1);
  CHECK(map.first() == Index(1));
  map.forget_segments_before(2);
  CHECK(map.first() == Index(5));
  map.forget_segments_before(3);
  CHECK(!map.first());
}

}  // namespace
}  // namespace viaduct::wal
