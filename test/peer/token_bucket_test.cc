#include "peer/token_bucket.h"

#include <doctest/doctest.h>

namespace viaduct::peer {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a bucket lets a second's worth pass at once, and then its rate") {
  TokenBucket bucket(1000);
  const TokenBucket::Clock::time_point start{1h};
  CHECK(bucket.reserve(600, start) == start);
  CHECK(bucket.reserve(600, start) == start);  // it began with 400 left
  CHECK(bucket.reserve(500, start) == start + 200ms);
  CHECK(bucket.reserve(500, start) == start + 700ms);
  CHECK(bucket.reserve(1, start + 2s) == start + 2s);
}

TEST_CASE("a long pause saves up no more than a second's worth") {
  TokenBucket bucket(1000);
  const TokenBucket::Clock::time_point start{1h};
  CHECK(bucket.reserve(1000, start + 1h) == start + 1h);
  CHECK(bucket.reserve(1000, start + 1h) == start + 1h);
  CHECK(bucket.reserve(1000, start + 1h) == start + 1h + 1s);
}

}  // namespace
}  // namespace viaduct::peer
