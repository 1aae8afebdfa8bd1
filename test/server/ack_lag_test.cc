#include "server/ack_lag.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("only entries that the log kept waiting are noted, by the local time of the last that has the stamp") {
  AckLag lag;
  lag.handed_over(100, 101, 11s);
  lag.handed_over(200, 2200, 13s);  // a sync of two seconds
  lag.handed_over(200, 2201, 14s);
  lag.handed_over(2205, 2206, 15s);
  lag.handed_over(2300, 2000, 16s);  // cluster time as another leader has it
  lag.handed_over(3000, 3500, 17s);
  struct Case {
    uint64_t stamp;
    std::optional<std::chrono::nanoseconds> late;
  };
  for (const Case& c : {Case{100, {}}, Case{199, {}}, Case{200, 14s}, Case{201, {}}, Case{2205, {}}, Case{2300, {}},
                        Case{3000, 17s}, Case{9999, {}}}) {
    CAPTURE(c.stamp);
    CHECK((lag.late(c.stamp) == c.late));
  }
}

TEST_CASE("notes are bounded; the oldest go first") {
  AckLag lag;
  for (uint64_t i = 1; i <= AckLag::kMaxNotes + 1; ++i) lag.handed_over(i * 100, i * 100 + 50, 1s);
  CHECK_FALSE(lag.late(100));
  CHECK(lag.late(200));
}

}  // namespace
}  // namespace viaduct::server
