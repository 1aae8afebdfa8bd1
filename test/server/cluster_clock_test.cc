#include "server/cluster_clock.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Known bugs: RB-56, RB-57.
TEST_CASE("cluster time runs only while there is a leader") {
  ClusterClock clock;
  clock.observe({5000, 7}, milliseconds(100));
  CHECK(clock.estimate_ms(milliseconds(900)) == 5000);
  clock.run(milliseconds(1000));
  CHECK(clock.estimate_ms(milliseconds(1000)) == 5000);
  CHECK(clock.estimate_ms(milliseconds(1250)) == 5250);
  clock.stand_still(milliseconds(1300));
  CHECK(clock.estimate_ms(hours(9)) == 5300);
  clock.run(hours(9));
  CHECK(clock.estimate_ms(hours(9) + milliseconds(7)) == 5307);
}

TEST_CASE("a stamp ahead of the estimate moves it forward, one behind moves nothing") {
  ClusterClock clock;
  clock.run(milliseconds(0));
  clock.observe({400, 7}, milliseconds(100));
  CHECK(clock.estimate_ms(milliseconds(100)) == 400);
  CHECK(clock.estimate_ms(milliseconds(150)) == 450);
  clock.observe({10, 7}, milliseconds(160));
  CHECK(clock.estimate_ms(milliseconds(160)) == 460);
}

TEST_CASE("a follower's time is its leader's, also after it has run ahead by itself") {
  ClusterClock clock;
  clock.run(milliseconds(0));  // it led
  CHECK(clock.estimate_ms(milliseconds(9000)) == 9000);
  clock.heard(7000, milliseconds(9000));
  CHECK(clock.estimate_ms(milliseconds(9000)) == 7000);
  CHECK(clock.estimate_ms(milliseconds(9100)) == 7100);
  clock.heard(7050, milliseconds(9200));
  CHECK(clock.estimate_ms(milliseconds(9200)) == 7050);
  clock.lead({7000, 7}, milliseconds(9300));
  CHECK(clock.next_stamp(milliseconds(9300), 0).cluster_ms == 7150);  // without a leap
}

TEST_CASE("a millisecond has passed when it has passed as a whole") {
  using std::chrono::microseconds;
  ClusterClock clock;
  SUBCASE("since the start") { clock.run(microseconds(1900)); }
  SUBCASE("since a member leads") { clock.lead({0, 7}, microseconds(1900)); }
  SUBCASE("since the leader was heard") { clock.heard(0, microseconds(1900)); }
  CHECK(clock.estimate_ms(microseconds(2899)) == 0);
  CHECK(clock.estimate_ms(microseconds(2900)) == 1);
}

TEST_CASE("what a leader stamped alone is forgotten when it hears another") {
  ClusterClock clock;
  clock.lead({100, 7}, milliseconds(0));
  CHECK(clock.next_stamp(milliseconds(5000), 0).cluster_ms == 5100);  // never committed
  clock.heard(3000, milliseconds(5000));
  CHECK(clock.estimate_ms(milliseconds(5000)) == 3000);
  clock.lead({3000, 8}, milliseconds(5100));
  CHECK(clock.next_stamp(milliseconds(5100), 0) == Stamp{3100, 8});
}

TEST_CASE("a leader does not stamp below what its log holds") {
  ClusterClock clock;
  clock.heard(3000, milliseconds(100));
  clock.lead({9000, 50}, milliseconds(200));
  CHECK(clock.next_stamp(milliseconds(300), 40) == Stamp{9100, 50});
}

TEST_CASE("what is committed counts more than an older word of the leader") {
  ClusterClock clock;
  clock.heard(500, milliseconds(100));
  clock.observe({800, 7}, milliseconds(110));
  clock.heard(600, milliseconds(120));
  CHECK(clock.estimate_ms(milliseconds(120)) == 800);
  CHECK(clock.estimate_ms(milliseconds(150)) == 830);
}

TEST_CASE("RB-58: no jump of the wall clock moves the time that leases go by") {
  constexpr int64_t kYear = int64_t{366} * 24 * 3600 * 1'000'000'000;
  ClusterClock clock;
  clock.run(milliseconds(0));
  uint64_t ms = 0;
  for (const int64_t wall_ns : {50 * kYear, 60 * kYear, int64_t{0}, -kYear, 200 * kYear}) {
    CAPTURE(wall_ns);
    ms += 10;
    CHECK(clock.next_stamp(milliseconds(ms), wall_ns).cluster_ms == ms);
  }
  CHECK(clock.estimate_ms(milliseconds(ms)) == ms);
}

TEST_CASE("stamps never fall, whatever the wall clock does") {
  ClusterClock clock;
  clock.run(milliseconds(0));
  const Stamp first = clock.next_stamp(milliseconds(10), 1'000'000);
  const Stamp second = clock.next_stamp(milliseconds(20), 5);
  CHECK(first == Stamp{10, 1'000'000});
  CHECK(second == Stamp{20, 1'000'000});
}

}  // namespace
}  // namespace viaduct::server
