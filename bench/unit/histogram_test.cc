#include "bench/histogram.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace viaduct::bench {
namespace {

using std::chrono::nanoseconds;

Histogram holding(std::initializer_list<int64_t> values) {
  Histogram histogram;
  for (const int64_t value : values) histogram.add(nanoseconds(value));
  return histogram;
}

TEST_CASE("a lone value is every quantile, at most a 64th too low") {
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{127}, int64_t{128}, int64_t{129}, int64_t{255},
                              int64_t{256}, int64_t{1'000'003}, int64_t{60'000'000'000}, INT64_MAX}) {
    CAPTURE(value);
    const Histogram histogram = holding({value});
    for (const double fraction : {0.0, 0.5, 0.99, 1.0}) {
      const int64_t got = histogram.quantile(fraction).count();
      CHECK(got <= value);
      CHECK(got >= value - value / 64);
    }
  }
}

TEST_CASE("a quantile is the value of its rank") {
  const Histogram histogram = holding({10, 20, 30, 40, 50, 60, 70, 80, 90, 100});
  struct Case {
    double fraction;
    int64_t value;
  };
  for (const Case& c : {Case{0, 10}, Case{0.1, 10}, Case{0.11, 20}, Case{0.5, 50}, Case{0.99, 100}, Case{1, 100}}) {
    CAPTURE(c.fraction);
    CHECK(histogram.quantile(c.fraction) == nanoseconds(c.value));
  }
}

TEST_CASE("an empty histogram says zero, and a clock that stepped back counts as zero") {
  CHECK(Histogram().quantile(0.5) == nanoseconds(0));
  CHECK(holding({-5}).quantile(1) == nanoseconds(0));
  CHECK(holding({-5}).count() == 1);
}

}  // namespace
}  // namespace viaduct::bench
