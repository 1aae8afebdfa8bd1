#include "server/series.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

TEST_CASE("versions compare by major and minor number") {
  CHECK(series_of("3.5.21") == series_of("3.5.0"));
  CHECK(*series_of("3.5.21") < *series_of("3.6.0"));
  CHECK(*series_of("3.9.0") < *series_of("3.10.0"));
  CHECK(*series_of("3.99.0") < *series_of("4.0.0"));
}

TEST_CASE("what is no version is none") {
  for (const char* text : {"", "not_decided", "3", "3.", ".5", "3.x", "-3.5", "10000.0", "3.10000"}) {
    CAPTURE(text);
    CHECK(!series_of(text));
  }
}

}  // namespace
}  // namespace viaduct::server
