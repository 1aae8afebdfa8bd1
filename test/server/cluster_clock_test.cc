#include "server/cluster_clock.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

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
