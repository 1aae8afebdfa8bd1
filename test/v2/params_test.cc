#include "v2/params.h"

#include <doctest/doctest.h>

#include "net/form.h"
#include "v2/errors.h"

using namespace viaduct;
using namespace viaduct::v2;

namespace {

struct Parsed {
  bool ok;
  KeyParams params;
  ParamError error;
};

Parsed parse(std::string_view form_text, Method method = Method::kPut) {
  net::Form form;
  REQUIRE(form.parse(form_text));
  Parsed parsed;
  parsed.ok = parse_params(form, method, parsed.params, parsed.error);
  return parsed;
}

constexpr Method kEveryMethod[] = {Method::kGet, Method::kHead, Method::kPut, Method::kPost, Method::kDelete};

}  // namespace

TEST_CASE("a boolean has exactly twelve spellings") {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) CHECK(parse_bool(text) == true);
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) CHECK(parse_bool(text) == false);
  for (const char* text : {"", "tRUE", "yes", "on", " true", "true ", "2", "-1", "01", "TRue", "fALSE"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_bool(text));
  }
}

TEST_CASE("a number is decimal digits up to the largest of 64 bits") {
  CHECK(parse_uint64("0") == 0);
  CHECK(parse_uint64("007") == 7);
  CHECK(parse_uint64("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"", "-1", "+5", "0x10", "1.5", "1_000", " 1", "1 ", "18446744073709551616", "1e3", "bad"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_uint64(text));
  }
}

TEST_CASE("each bad parameter is refused for every method, with its code and cause") {
  struct Case {
    const char* form;
    int code;
    const char* cause;
  };
  for (const Case& c : {
           Case{"prevIndex=bad", 203, "invalid value for \"prevIndex\""},
           Case{"prevIndex=", 203, "invalid value for \"prevIndex\""},
           Case{"waitIndex=-1", 203, "invalid value for \"waitIndex\""},
           Case{"recursive=", 209, "invalid value for \"recursive\""},
           Case{"recursive", 209, "invalid value for \"recursive\""},
           Case{"sorted=bad", 209, "invalid value for \"sorted\""},
           Case{"wait=bad", 209, "invalid value for \"wait\""},
           Case{"dir=bad", 209, "invalid value for \"dir\""},
           Case{"quorum=bad", 209, "invalid value for \"quorum\""},
           Case{"stream=bad", 209, "invalid value for \"stream\""},
           Case{"prevValue=", 201, "\"prevValue\" cannot be empty"},
           Case{"noValueOnSuccess=bad", 209, "invalid value for \"noValueOnSuccess\""},
           Case{"ttl=bad", 202, "invalid value for \"ttl\""},
           Case{"ttl=-1", 202, "invalid value for \"ttl\""},
           Case{"ttl=18446744073709551616", 202, "invalid value for \"ttl\""},
           Case{"prevExist=bad", 209, "invalid value for prevExist"},
           Case{"prevExist=", 209, "invalid value for prevExist"},
           Case{"refresh=bad", 209, "invalid value for refresh"},
           Case{"refresh=true&value=x&ttl=3", 211, "A value was provided on a refresh"},
           Case{"refresh=true&value=x", 211, "A value was provided on a refresh"},
           Case{"refresh=true", 212, "No TTL value set"},
           Case{"refresh=true&ttl=", 212, "No TTL value set"},
       }) {
    for (const Method method : kEveryMethod) {
      CAPTURE(c.form);
      CAPTURE(static_cast<int>(method));
      const Parsed parsed = parse(c.form, method);
      CHECK_FALSE(parsed.ok);
      CHECK(parsed.error.code == c.code);
      CHECK(parsed.error.cause == c.cause);
    }
  }
}

TEST_CASE("the first failing check of v2-api.md 1.4 wins, wherever the parameters stand") {
  // In the order of the checks; each is wrong for a PUT by itself.
  const std::pair<const char*, int> kWrong[] = {
      {"prevIndex=b", 203},        {"waitIndex=b", 203}, {"recursive=b", 209},
      {"sorted=b", 209},           {"wait=b", 209},      {"dir=b", 209},
      {"quorum=b", 209},           {"stream=b", 209},    {"prevValue=", 201},
      {"noValueOnSuccess=b", 209}, {"ttl=b", 202},       {"prevExist=b", 209},
      {"refresh=b", 209},
  };
  for (size_t first = 0; first < std::size(kWrong); ++first) {
    for (size_t second = first + 1; second < std::size(kWrong); ++second) {
      const std::string forward = std::string(kWrong[first].first) + '&' + kWrong[second].first;
      const std::string backward = std::string(kWrong[second].first) + '&' + kWrong[first].first;
      CAPTURE(forward);
      const ParamError alone = parse(kWrong[first].first).error;
      CHECK(alone.code == kWrong[first].second);
      for (const std::string& form : {forward, backward}) {
        const ParamError error = parse(form).error;
        CHECK(error.code == alone.code);
        CHECK(error.cause == alone.cause);
      }
    }
  }
  CHECK(parse("stream=b&wait=true").error.cause == "invalid value for \"stream\"");
  CHECK(parse("prevValue=&wait=true").error.cause == "\"wait\" can only be used with GET requests");
}

TEST_CASE("only a GET may wait") {
  for (const Method method : kEveryMethod) {
    CHECK(parse("wait=true", method).ok == (method == Method::kGet));
    CHECK(parse("wait=false", method).ok);
  }
}

TEST_CASE("good parameters arrive as they were meant") {
  const KeyParams defaults = parse("").params;
  CHECK_FALSE(defaults.prev_exist);
  CHECK_FALSE(defaults.prev_value);
  CHECK_FALSE(defaults.ttl_seconds);
  CHECK(defaults.value.empty());

  const Parsed all = parse(
      "value=v%20x&ttl=0&dir=1&recursive=t&sorted=T&quorum=TRUE&stream=True&prevExist=f&prevValue=o&prevIndex=5&"
      "waitIndex=6&noValueOnSuccess=true&refresh=false&unknown=x");
  REQUIRE(all.ok);
  const KeyParams& p = all.params;
  CHECK(p.value == "v x");
  CHECK(p.ttl_seconds == 0);
  CHECK((p.dir && p.recursive && p.sorted && p.quorum && p.stream && p.no_value_on_success));
  CHECK_FALSE((p.refresh || p.wait));
  CHECK(p.prev_exist == false);
  CHECK(p.prev_value == "o");
  CHECK(p.prev_index == 5);
  CHECK(p.wait_index == 6);
}

// Known bug: RB-69.
TEST_CASE("names are case-sensitive, the first of several values counts, an empty ttl is none") {
  CHECK_FALSE(parse("prevexist=bad&Value=x").params.prev_exist);
  CHECK(parse("Value=x").params.value.empty());
  CHECK(parse("value=first&value=second").params.value == "first");
  CHECK(parse("recursive=true&recursive=bad").ok);
  CHECK_FALSE(parse("recursive=bad&recursive=true").ok);
  CHECK_FALSE(parse("ttl=").params.ttl_seconds);
  CHECK(parse("refresh=true&ttl=3&value=").ok);
  CHECK(parse("prevIndex=0&waitIndex=0").ok);
}
