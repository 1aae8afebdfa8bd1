#include "server/history_policy.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr uint64_t kQuarter = 500 << 20;

store::Numbers at(uint64_t seq, uint64_t compacted = 0) {
  store::Numbers numbers;
  numbers.seq = Seq(seq);
  numbers.revision = Revision(seq);
  numbers.compacted_seq = Seq(compacted);
  numbers.compacted_revision = Revision(compacted);
  return numbers;
}

TEST_CASE("old history goes, but the last hundred thousand events stay") {
  HistoryPolicy policy({}, kQuarter);
  CHECK(!policy.due(seconds(0), at(50'000), 0));
  CHECK(!policy.due(minutes(30), at(120'000), 0));
  CHECK(!policy.due(minutes(61), at(149'000), 0));  // an hour old, but 99,000 events back
  CHECK(policy.due(minutes(62), at(151'000), 0) == Revision(50'000));
  CHECK(!policy.due(minutes(63), at(152'000, 50'000), 0));
}

TEST_CASE("more than a million events are cut back however young they are") {
  HistoryPolicy policy({}, kQuarter);
  std::optional<Revision> target;
  uint64_t seq = 10;
  for (int second = 0; second < 200 && !target; ++second, seq += 9'000)
    target = policy.due(seconds(second), at(seq), 0);
  REQUIRE(target);
  const uint64_t kept = seq - 9'000 - target->value;
  CHECK(kept <= HistoryPolicy::kMaxEvents);
  CHECK(kept >= HistoryPolicy::kMaxEvents - 30'000);
}

TEST_CASE("history larger than its share of the quota is cut back, but never to fewer than a thousand events") {
  HistoryPolicy policy({}, 1000);
  CHECK(!policy.due(seconds(0), at(100), 0));
  CHECK(!policy.due(seconds(20), at(900), 1'001));
  CHECK(policy.due(seconds(40), at(1'200), 2'000) == Revision(100));
}

TEST_CASE("explicit settings replace the default history") {
  struct Case {
    const char* name;
    AutoCompaction settings;
    nanoseconds first, second;
    std::optional<Revision> target;
  };
  const Case cases[] = {
      {"off", {AutoCompaction::Mode::kOff, {}, 0}, hours(2), hours(30), std::nullopt},
      {"an hour is not over", {AutoCompaction::Mode::kPeriodic, hours(1), 0}, minutes(0), minutes(59), std::nullopt},
      {"an hour is over", {AutoCompaction::Mode::kPeriodic, hours(1), 0}, minutes(0), minutes(60), Revision(2'000'000)},
      {"ten hours kept", {AutoCompaction::Mode::kPeriodic, hours(10), 0}, minutes(0), hours(2), std::nullopt},
      {"by revision", {AutoCompaction::Mode::kRevision, {}, 1000}, minutes(0), minutes(5), Revision(4'999'000)},
      {"by revision, too soon", {AutoCompaction::Mode::kRevision, {}, 1000}, minutes(0), minutes(4), std::nullopt},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    HistoryPolicy policy(c.settings, kQuarter);
    CHECK(!policy.due(c.first, at(2'000'000), 0));
    CHECK(policy.due(c.second, at(5'000'000), 0) == c.target);
  }
}

}  // namespace
}  // namespace viaduct::server
