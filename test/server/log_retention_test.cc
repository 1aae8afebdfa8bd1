#include "server/log_retention.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

LogRetention with_entries(uint64_t count, uint64_t bytes_each) {
  LogRetention retention;
  for (uint64_t i = 1; i <= count; ++i) retention.appended(Index(i), bytes_each);
  return retention;
}

TEST_CASE("the log keeps both a number of entries and a number of bytes behind the mark") {
  struct Case {
    const char* name;
    uint64_t entries, bytes_each, mark, cut;
  };
  for (const Case& c : {Case{"an empty log", 0, 0, 0, 0}, Case{"too few bytes", 100'000, 100, 100'000, 0},
                        Case{"too few entries", 200, kMiB, 200, 0}, Case{"bytes decide", 10'000, kMiB, 10'000, 5000},
                        Case{"entries decide over bytes", 6000, kMiB, 6000, 1000},
                        Case{"a mark behind the end", 20'000, kMiB, 10'000, 5000}}) {
    CAPTURE(c.name);
    LogRetention retention = with_entries(c.entries, c.bytes_each);
    CHECK(retention.cut_point(Index(c.mark)).value == c.cut);
  }
}

TEST_CASE("what lies between cut and mark is at least the bytes to keep") {
  LogRetention retention = with_entries(100'000, 10'000);
  const Index cut = retention.cut_point(Index(90'000));
  CHECK(cut.value > 0);
  CHECK((90'000 - cut.value) * 10'000 >= LogRetention::Limits().bytes);
  CHECK((90'000 - cut.value) * 10'000 <= LogRetention::Limits().bytes + 3 * kMiB);
}

// Known bug: RB-35.
TEST_CASE("more is kept for a follower in contact, up to a bound, and all for a snapshot under way") {
  constexpr uint64_t kNobody = LogNeeds::kNobody.value;
  struct Case {
    const char* name;
    uint64_t follower, snapshot, cut;
  };
  for (const Case& c :
       {Case{"nobody is behind", kNobody, kNobody, 93'600}, Case{"a follower near by", 97'000, kNobody, 93'600},
        Case{"a follower behind", 20'000, kNobody, 20'000}, Case{"a follower at the start", 0, kNobody, 0},
        Case{"a snapshot far back", kNobody, 7, 7}, Case{"both", 20'000, 30'000, 20'000},
        Case{"both, the other way round", 30'000, 20'000, 20'000}}) {
    CAPTURE(c.name);
    LogRetention retention = with_entries(100'000, kMiB / 100);
    const Index cut = retention.cut_point(Index(100'000), {Index(c.follower), Index(c.snapshot)});
    CHECK(cut.value <= c.cut);
    CHECK(cut.value + 200 >= c.cut);
  }
  LogRetention retention = with_entries(200'000, 10'000);
  const Index bound = retention.cut_point(Index(200'000), {Index(1), LogNeeds::kNobody});
  CHECK((200'000 - bound.value) * 10'000 >= LogRetention::Limits().bytes_for_follower);
  CHECK((200'000 - bound.value) * 10'000 <= LogRetention::Limits().bytes_for_follower + 3 * kMiB);
}

TEST_CASE("once a follower has caught up the log is cut as if it had never been behind") {
  LogRetention retention = with_entries(100'000, 10'000);
  const Index kept = retention.cut_point(Index(90'000), {Index(1000), LogNeeds::kNobody});
  CHECK(kept <= Index(1000));
  LogRetention without_follower = with_entries(100'000, 10'000);
  CHECK(retention.cut_point(Index(95'000)) == without_follower.cut_point(Index(95'000)));
}

}  // namespace
}  // namespace viaduct::server
