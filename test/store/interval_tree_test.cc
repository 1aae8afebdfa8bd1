#include "store/interval_tree.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"

namespace viaduct::store {
namespace {

const std::string kZero(1, '\0');
const std::string kOpen = kZero;

std::vector<KeyRange> holding(IntervalTree& tree, std::string_view key) {
  std::vector<KeyRange> found;
  tree.each_holding(key, [&](const RangeBucket& bucket) { found.push_back(bucket.range); });
  return found;
}

bool in_order(const KeyRange& a, const KeyRange& b) { return std::tie(a.key, a.end) < std::tie(b.key, b.end); }

// Short names over few letters, so that bounds meet often; zero and 0xff among them.
std::string random_name(Random& random) {
  const char letters[] = {'\0', 'a', 'b', '\xff'};
  std::string name;
  for (uint64_t length = random.below(4); length > 0; --length) name += letters[random.below(4)];
  return name;
}

KeyRange random_range(Random& random) {
  for (;;) {
    KeyRange range{random_name(random), random.below(5) == 0 ? kOpen : random_name(random)};
    if (!range.is_single() && !range.is_empty()) return range;
  }
}

}  // namespace

TEST_CASE("a range holds the keys from its first up to its end, in byte order") {
  struct Case {
    KeyRange range;
    std::string key;
    bool holds;
  };
  const Case cases[] = {
      {{"b", "d"}, "a", false},
      {{"b", "d"}, "b", true},
      {{"b", "d"}, "c\xff", true},
      {{"b", "d"}, "d", false},
      {{"b", "d"}, "b" + kZero, true},
      {{"b", "b" + kZero}, "b", true},
      {{"b", "b" + kZero}, "b" + kZero, false},
      {{"b", kOpen}, "a\xff", false},
      {{"b", kOpen}, "b", true},
      {{"b", kOpen}, "\xff\xff", true},
      {{"", kOpen}, "", true},
      {{kZero, kOpen}, "", false},
      {{kZero, kOpen}, kZero, true},
      {{"", "a"}, "", true},
      {{"", "a"}, "\x60\xff", true},
      {{"a", "\xff"}, "\xfe\xff", true},
      {{"a", "\xff"}, "\xff", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.range.key);
    CAPTURE(c.range.end);
    CAPTURE(c.key);
    IntervalTree tree;
    tree.insert(c.range);
    CHECK(c.range.contains(c.key) == c.holds);
    CHECK(holding(tree, c.key).size() == (c.holds ? 1 : 0));
  }
}

TEST_CASE("a range is empty when its end is not behind its first key") {
  CHECK(KeyRange{"b", "b"}.is_empty());
  CHECK(KeyRange{"b", "a"}.is_empty());
  CHECK_FALSE(KeyRange{"b", ""}.is_empty());
  CHECK_FALSE(KeyRange{"b", kOpen}.is_empty());
  CHECK_FALSE(KeyRange{kZero, kOpen}.is_empty());
  CHECK(KeyRange{kZero, kZero}.is_open());
  CHECK(KeyRange{"b", kZero + "a"}.is_empty());
  CHECK_FALSE(KeyRange{"", kZero + kZero}.is_empty());
}

TEST_CASE("equal bounds share a bucket that stays where it is") {
  IntervalTree tree;
  RangeBucket& bucket = tree.insert({"b", "d"});
  bucket.head = 7;
  for (char from = 'a'; from < 'z'; ++from) tree.insert({std::string(1, from), "zz"});
  for (char from = 'a'; from < 'z'; from += 2) tree.erase({std::string(1, from), "zz"});
  CHECK(&tree.insert({"b", "d"}) == &bucket);
  CHECK(bucket.head == 7);
  tree.erase({"b", "d"});
  CHECK(tree.insert({"b", "d"}).head == RangeBucket::kEnd);
}

TEST_CASE("erasing what is not there changes nothing") {
  IntervalTree tree;
  tree.erase({"a", "b"});
  CHECK(tree.empty());
  tree.insert({"a", "c"});
  tree.erase({"a", "b"});
  tree.erase({"b", "c"});
  CHECK(holding(tree, "b") == std::vector<KeyRange>{{"a", "c"}});
  tree.erase({"a", "c"});
  CHECK(tree.empty());
}

// Known bug: RB-18.
TEST_CASE("random intervals that come and go are found as a list would find them") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    IntervalTree tree;
    std::vector<KeyRange> list;
    const uint64_t growth = 2 + seed % 3;  // more or fewer intervals at a time
    for (int step = 0; step < 2000; ++step) {
      if (list.empty() || random.below(growth) != 0) {
        const KeyRange range = random_range(random);
        tree.insert(range);
        if (std::find(list.begin(), list.end(), range) == list.end()) list.push_back(range);
      } else {
        const auto gone = list.begin() + static_cast<ptrdiff_t>(random.below(list.size()));
        tree.erase(KeyRange(*gone));
        list.erase(gone);
      }
      const std::string key = random_name(random);
      std::vector<KeyRange> expected;
      for (const KeyRange& range : list)
        if (range.contains(key)) expected.push_back(range);
      std::sort(expected.begin(), expected.end(), in_order);
      REQUIRE(holding(tree, key) == expected);
      REQUIRE(tree.empty() == list.empty());
    }
  }
}

}  // namespace viaduct::store
