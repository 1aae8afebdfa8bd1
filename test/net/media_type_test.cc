#include "net/media_type.h"

#include <doctest/doctest.h>

#include <string>

using viaduct::net::parse_media_type;

TEST_CASE("a media type is its lower-case type without parameters") {
  struct Case {
    const char* value;
    const char* type;
  };
  for (const Case& c :
       {Case{"foo", "foo"}, Case{"a/b", "a/b"}, Case{"A/B", "a/b"}, Case{" a/b ", "a/b"}, Case{"a/b;", "a/b"},
        Case{"a/b; ", "a/b"}, Case{"a/b;x=1", "a/b"}, Case{"a/b; x = 1", "a/b"}, Case{"a/b ;x=1 ; y=2;", "a/b"},
        Case{"a/b;x=\"1\"", "a/b"}, Case{"a/b;x=\"\\\"1\"", "a/b"}, Case{"a/b;x=\"\";y=1", "a/b"},
        Case{"a/b; *=1", "a/b"}, Case{"a/b;x*0=a;x*1=b", "a/b"},
        Case{"application/x-www-form-urlencoded; charset=UTF-8", "application/x-www-form-urlencoded"}}) {
    CAPTURE(c.value);
    const auto type = parse_media_type(c.value);
    REQUIRE(type);
    CHECK(*type == c.type);
  }
}

TEST_CASE("malformed media types are refused in Go's words") {
  struct Case {
    const char* value;
    const char* problem;
  };
  for (const Case& c :
       {Case{"", "mime: no media type"}, Case{";", "mime: no media type"}, Case{"/", "mime: no media type"},
        Case{"foo bar", "mime: expected slash after first token"}, Case{"a/", "mime: expected token after slash"},
        Case{"a/b c", "mime: unexpected content after media subtype"}, Case{"a/b;x", "mime: invalid media parameter"},
        Case{"a/b;x=", "mime: invalid media parameter"}, Case{"a/b;=1", "mime: invalid media parameter"},
        Case{"a/b;;x=1", "mime: invalid media parameter"}, Case{"a/b;x=\"1", "mime: invalid media parameter"},
        Case{"a/b;x=1 y", "mime: invalid media parameter"}, Case{"a/b;x=1;x=1", "mime: duplicate parameter name"},
        Case{"a/b;x=1;X=2", "mime: duplicate parameter name"}}) {
    CAPTURE(c.value);
    const auto type = parse_media_type(c.value);
    REQUIRE_FALSE(type);
    CHECK(type.error().message == c.problem);
  }
}
