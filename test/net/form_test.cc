#include "net/form.h"

#include <doctest/doctest.h>

#include <string>

using namespace viaduct::net;

namespace {

std::string value_of(const Form& form, const char* name) {
  const std::string* value = form.find(name);
  return value ? *value : "(none)";
}

std::string problem_of(std::string_view encoded) {
  Form form;
  const auto parsed = form.parse(encoded);
  return parsed ? "" : parsed.error().message;
}

std::string fields(size_t count) {
  std::string encoded;
  for (size_t i = 0; i < count; ++i) encoded += "a=1&";
  return encoded;
}

}  // namespace

TEST_CASE("a form gives the first value of each name, decoded") {
  struct Case {
    const char* encoded;
    const char* name;
    const char* value;
  };
  for (const Case& c :
       {Case{"a=b", "a", "b"}, Case{"a=1&a=2", "a", "1"}, Case{"a", "a", ""}, Case{"a=", "a", ""}, Case{"=b", "", "b"},
        Case{"a=b=c", "a", "b=c"}, Case{"&&a=b&&", "a", "b"}, Case{"a=x+y", "a", "x y"}, Case{"a=%41%2B", "a", "A+"},
        Case{"%61+b=c", "a b", "c"}, Case{"a=%26&b=2", "b", "2"}, Case{"A=b", "a", "(none)"}, Case{"", "a", "(none)"},
        Case{"a=\xff", "a", "\xff"}}) {
    CAPTURE(c.encoded);
    Form form;
    CHECK(form.parse(c.encoded));
    CHECK(value_of(form, c.name) == c.value);
  }
}

TEST_CASE("the body's values win over the query's when it is parsed first") {
  Form form;
  REQUIRE(form.parse("value=body"));
  REQUIRE(form.parse("value=query&ttl=5"));
  CHECK(value_of(form, "value") == "body");
  CHECK(value_of(form, "ttl") == "5");
}

TEST_CASE("malformed forms are refused in Go's words") {
  struct Case {
    const char* encoded;
    const char* problem;
  };
  const char* const semicolon = "invalid semicolon separator in query";
  for (const Case& c : {Case{"a;b", semicolon},
                        Case{"a=%2;", semicolon},
                        Case{"a=%zz&b;c", semicolon},
                        Case{"a;b&c=%zz", semicolon},
                        Case{"a=%zz", "invalid URL escape \"%zz\""},
                        Case{"a=%zzz", "invalid URL escape \"%zz\""},
                        Case{"a=%z", "invalid URL escape \"%z\""},
                        Case{"a=%", "invalid URL escape \"%\""},
                        Case{"a=%&b=1", "invalid URL escape \"%\""},
                        Case{"%41%4=1", "invalid URL escape \"%4\""},
                        Case{"%yy=%zz", "invalid URL escape \"%yy\""},
                        Case{"a=%yy&b=%zz", "invalid URL escape \"%yy\""},
                        Case{"a=%+1", "invalid URL escape \"%+1\""},
                        Case{"a=%\"\\x", R"(invalid URL escape "%\"\\")"},
                        Case{"a=%\t\x01", R"(invalid URL escape "%\t\x01")"},
                        Case{"a=%\x7f", R"(invalid URL escape "%\x7f")"},
                        Case{"a=%\xc3\xa9", "invalid URL escape \"%\xc3\xa9\""},
                        Case{"a=%\xff\xfe", R"(invalid URL escape "%\xff\xfe")"},
                        Case{"a=%\xc2\xa0", R"(invalid URL escape "%\u00a0")"},
                        Case{"a=%\xe2\x82\xac", R"(invalid URL escape "%\xe2\x82")"},
                        Case{"a=%\x80\x81x", R"(invalid URL escape "%\x80\x81")"},
                        Case{"a=%'`<", "invalid URL escape \"%'`\""}}) {
    CAPTURE(c.encoded);
    CHECK(problem_of(c.encoded) == c.problem);
  }
}

TEST_CASE("a form has at most 1,024 fields, body and query together") {
  CHECK(problem_of(fields(kMaxFormFields - 1)) == "");
  CHECK(problem_of(fields(kMaxFormFields)) == "");
  CHECK(problem_of(fields(kMaxFormFields + 1)) == "http: too many form fields");
  Form form;
  REQUIRE(form.parse(fields(kMaxFormFields)));
  CHECK(form.parse(""));
  CHECK_FALSE(form.parse("b"));
  CHECK(form.size() == kMaxFormFields);
}
