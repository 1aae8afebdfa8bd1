// The parts of base that ask the kernel: clock and randomness; and hexadecimal ids beside them.
#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"

namespace viaduct {
namespace {

TEST_CASE("the monotonic clock never falls and the wall clock is past 2020") {
  const SystemClock clock;
  auto last = clock.monotonic();
  for (int i = 0; i < 1000; ++i) {
    const auto now = clock.monotonic();
    REQUIRE(now >= last);
    last = now;
  }
  CHECK(clock.wall_ns() > 1'577'836'800'000'000'000);
}

TEST_CASE("the kernel's numbers do not repeat and a seed's do") {
  SystemRandom system;
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(system.next());
  CHECK(seen.size() == 1000);

  SeededRandom one(7);
  SeededRandom other(7);
  for (int i = 0; i < 100; ++i) REQUIRE(one.next() == other.next());
  CHECK(one.below(0) == 0);
  CHECK(one.below(1) == 0);
}

TEST_CASE("ids show as lower-case hex without padding, or as decimal") {
  CHECK(to_hex(0) == "0");
  CHECK(to_hex(0x0cafe) == "cafe");
  CHECK(to_hex(std::numeric_limits<uint64_t>::max()) == "ffffffffffffffff");
  CHECK(to_string(Revision(17)) == "17");
}

}  // namespace
}  // namespace viaduct
