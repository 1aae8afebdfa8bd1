#include "server/flags_text.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

TEST_CASE("booleans are Go's twelve words") {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) CHECK(*parse_bool(yes));
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) CHECK(!*parse_bool(no));
  for (const char* neither : {"", "yes", "tRUE", "2", " 1", "on"}) {
    CAPTURE(neither);
    CHECK(!parse_bool(neither));
  }
}

TEST_CASE("whole numbers may be written in four bases") {
  struct Case {
    const char* text;
    uint64_t value;
  };
  for (const Case& c : {Case{"0", 0}, Case{"10", 10}, Case{"0x1F", 31}, Case{"010", 8}, Case{"0o10", 8},
                        Case{"0b101", 5}, Case{"18446744073709551615", UINT64_MAX}}) {
    CAPTURE(c.text);
    REQUIRE(parse_unsigned(c.text));
    CHECK(*parse_unsigned(c.text) == c.value);
  }
  for (const char* bad : {"", "-1", "+1", "x", "1x", "0x", "1.5", " 1", "08"}) {
    CAPTURE(bad);
    REQUIRE(!parse_unsigned(bad));
    CHECK(parse_unsigned(bad).error().message == "parse error");
  }
  CHECK(parse_unsigned("18446744073709551616").error().message == "value out of range");
}

TEST_CASE("signed numbers reach both ends of their range and no further") {
  CHECK(*parse_signed("9223372036854775807") == INT64_MAX);
  CHECK(*parse_signed("-9223372036854775808") == INT64_MIN);
  CHECK(*parse_signed("+5") == 5);
  CHECK(parse_signed("9223372036854775808").error().message == "value out of range");
  CHECK(parse_signed("-9223372036854775809").error().message == "value out of range");
  CHECK(parse_signed("--1").error().message == "parse error");
  CHECK(parse_signed("-").error().message == "parse error");
}

TEST_CASE("durations are sums of numbers with units") {
  struct Case {
    const char* text;
    int64_t nanoseconds;
  };
  for (const Case& c : {Case{"0", 0}, Case{"5s", 5'000'000'000}, Case{"1h30m", 5'400'000'000'000},
                        Case{"1.5h", 5'400'000'000'000}, Case{"-1.5s", -1'500'000'000}, Case{"100ms", 100'000'000},
                        Case{".5us", 500}, Case{"1\xc2\xb5s", 1000}, Case{"1\xce\xbcs", 1000}, Case{"7ns", 7},
                        Case{"0.1s", 100'000'000}, Case{"+1m", 60'000'000'000}, Case{"1.s", 1'000'000'000}}) {
    CAPTURE(c.text);
    REQUIRE(parse_duration(c.text));
    CHECK(parse_duration(c.text)->count() == c.nanoseconds);
  }
  struct Bad {
    const char* text;
    const char* reason;
  };
  for (const Bad& c :
       {Bad{"", "time: invalid duration \"\""}, Bad{"zz", "time: invalid duration \"zz\""},
        Bad{"-1", "time: missing unit in duration \"-1\""}, Bad{"1.5", "time: missing unit in duration \"1.5\""},
        Bad{"5x", "time: unknown unit \"x\" in duration \"5x\""}, Bad{".s", "time: invalid duration \".s\""},
        Bad{"1.2.3s", "time: invalid duration \"1.2.3s\""}, Bad{"9999999h", "time: invalid duration \"9999999h\""},
        Bad{"-", "time: invalid duration \"-\""}}) {
    CAPTURE(c.text);
    REQUIRE(!parse_duration(c.text));
    CHECK(parse_duration(c.text).error().message == c.reason);
  }
}

TEST_CASE("texts are trimmed, split and quoted") {
  CHECK(trim("  a b\t\n") == "a b");
  CHECK(trim(" ") == "");
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(quote("a\"b\\\n\x01") == "\"a\\\"b\\\\\\n\\x01\"");
}

}  // namespace
}  // namespace viaduct::server
