#include "server/ack_lag.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

TEST_CASE("only entries that the log kept waiting get time on top") {
  AckLag lag;
  lag.handed_over(100, 101);
  lag.handed_over(200, 2200);  // a sync of two seconds
  lag.handed_over(200, 2201);  // the same batch
  lag.handed_over(2205, 2206);
  lag.handed_over(3000, 3500);
  struct Case { uint64_t stamp, lag; };
  for (const Case& c : {Case{100, 0}, Case{199, 0}, Case{200, 2000}, Case{201, 0}, Case{2205, 0}, Case{3000, 500}, Case{9999, 0}}) {
    CAPTURE(c.stamp);
    CHECK(lag.of(c.stamp) == c.lag);
  }
}

TEST_CASE("notes are bounded; the oldest go first") {
  AckLag lag;
  for (uint64_t i = 1; i <= AckLag::kMaxNotes + 1; ++i) lag.handed_over(i * 100, i * 100 + 50);
  CHECK(lag.of(100) == 0);
  CHECK(lag.of(200) == 50);
}

}  // namespace
}  // namespace viaduct::server
