#include "base/log.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "test/support/temporary_directory.h"

namespace viaduct::log {
namespace {

std::string message_as_logged(std::string_view message) {
  const std::string line = format_line(Level::kInfo, 0, message, {});
  const std::string before = R"({"level":"info","ts":"1970-01-01T00:00:00.000Z","msg":")";
  REQUIRE(line.starts_with(before));
  REQUIRE(line.ends_with("\"}"));
  return line.substr(before.size(), line.size() - before.size() - 2);
}

TEST_CASE("a line is one JSON object: level, time, message, then the fields as given") {
  CHECK(format_line(
            Level::kWarn, 1'700'000'000'123'999'999, "slow sync",
            {{"path", "/wal/1"}, {"took_ms", 1200}, {"bytes", uint64_t{1} << 63}, {"last", false}, {"rate", 0.5}}) ==
        R"({"level":"warn","ts":"2023-11-14T22:13:20.123Z","msg":"slow sync","path":"/wal/1","took_ms":1200,)"
        R"("bytes":9223372036854775808,"last":false,"rate":0.5})");
}

TEST_CASE("every level has etcd's name") {
  struct Case {
    Level level;
    std::string name;
  };
  for (const Case& c : {Case{Level::kDebug, "debug"}, Case{Level::kInfo, "info"}, Case{Level::kWarn, "warn"},
                        Case{Level::kError, "error"}, Case{Level::kPanic, "panic"}, Case{Level::kFatal, "fatal"}}) {
    CHECK(format_line(c.level, 0, "", {}).starts_with("{\"level\":\"" + c.name + "\","));
  }
}

TEST_CASE("no text can leave its string, start a line or steer a terminal") {
  struct Case {
    const char* name;
    std::string text;
    std::string logged;
  };
  for (const Case& c : {
           Case{"plain", "a key", "a key"},
           Case{"quote and backslash", R"("\)", R"(\"\\)"},
           Case{"line ends", "a\r\nb\tc", R"(a\r\nb\tc)"},
           Case{"zero and escape", std::string("\0\x1b[2J", 5), R"(\u0000\u001b[2J)"},
           Case{"delete", "\x7f", R"(\u007f)"},
           Case{"C1 control", "\xc2\x9b", R"(\u009b)"},
           Case{"first character past C1", "\xc2\xa0", "\xc2\xa0"},
           Case{"two, three and four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb9",
                "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xb9"},
           Case{"lone continuation", "a\x80z", R"(a\ufffdz)"},
           Case{"cut short", "\xe2\x82", R"(\ufffd\ufffd)"},
           Case{"cut by a quote", "\xe2\x82\"", R"(\ufffd\ufffd\")"},
           Case{"overlong slash", "\xc0\xaf", R"(\ufffd\ufffd)"},
           Case{"overlong in three", "\xe0\x80\xaf", R"(\ufffd\ufffd\ufffd)"},
           Case{"overlong in four", "\xf0\x80\x80\xaf", R"(\ufffd\ufffd\ufffd\ufffd)"},
           Case{"surrogate", "\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},
           Case{"beyond U+10FFFF", "\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},
           Case{"never in UTF-8", "\xff", R"(\ufffd)"},
       }) {
    CAPTURE(c.name);
    CHECK(message_as_logged(c.text) == c.logged);
  }
}

TEST_CASE("field names and values are escaped like messages, and numbers that JSON lacks are strings") {
  const std::string line = format_line(Level::kInfo, 0, "m",
                                       {{"a\"b", "c\nd"},
                                        {"nan", std::nan("")},
                                        {"up", std::numeric_limits<double>::infinity()},
                                        {"down", -std::numeric_limits<double>::infinity()}});
  CHECK(line.ends_with(R"("msg":"m","a\"b":"c\nd","nan":"NaN","up":"+Inf","down":"-Inf"})"));
}

TEST_CASE("a log file gets the lines at or above the level, whole and at once") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/log";
  const auto content = [&] {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  };

  REQUIRE(init_log(Level::kWarn, {path}) == "");
  info("below");
  CHECK(content() == "");
  warn("first {} %v");
  CHECK(content().ends_with("\"msg\":\"first {} %v\"}\n"));

  set_level(Level::kDebug);
  const size_t before = content().size();
  debug("second", {{"n", 2}});
  CHECK(content().substr(before).ends_with("\"msg\":\"second\",\"n\":2}\n"));

  const std::string cannot_open = directory.path() + "/log/below";
  CHECK(init_log(Level::kInfo, {"stderr", cannot_open}).starts_with(cannot_open + ": "));
  CHECK(level() == Level::kDebug);  // a refused change changes nothing

  REQUIRE(init_log(Level::kInfo, {"stderr"}) == "");
}

}  // namespace
}  // namespace viaduct::log
