#include "net/target.h"

#include <doctest/doctest.h>

#include <string>

using namespace viaduct::net;

TEST_CASE("a target is taken apart at its first question mark, behind any authority") {
  struct Case {
    const char* target;
    const char* path;
    const char* query;
  };
  for (const Case& c : {Case{"/", "/", ""}, Case{"/a", "/a", ""}, Case{"/a?", "/a", ""}, Case{"/a?b=c", "/a", "b=c"},
                        Case{"/a?b?c", "/a", "b?c"}, Case{"/a#b", "/a#b", ""}, Case{"/?wait=true", "/", "wait=true"},
                        Case{"http://h:1/a?b", "/a", "b"}, Case{"http://h", "", ""}, Case{"http://h?b", "", "b"},
                        Case{"//a", "//a", ""}, Case{"*", "*", ""}, Case{"/http://x", "/http://x", ""}}) {
    CAPTURE(c.target);
    const auto parts = split_target(c.target);
    REQUIRE(parts);
    CHECK(parts->path == c.path);
    CHECK(parts->query == c.query);
  }
}

TEST_CASE("what is no target is refused") {
  for (const char* target : {"", "a", "version", "?a", "://h/a", "host:80", "**"}) {
    CAPTURE(target);
    CHECK_FALSE(split_target(target));
  }
}

TEST_CASE("a path is decoded unless an escape is malformed") {
  struct Case {
    const char* raw;
    const char* decoded;  // null: refused
  };
  for (const Case& c :
       {Case{"/a", "/a"}, Case{"/a%2Fb", "/a/b"}, Case{"/a%2fb", "/a/b"}, Case{"/%41%62", "/Ab"}, Case{"/a+b", "/a+b"},
        Case{"/%25zz", "/%zz"}, Case{"", ""}, Case{"/%zz", nullptr}, Case{"/%", nullptr}, Case{"/%4", nullptr},
        Case{"/%4g", nullptr}, Case{"/%g4", nullptr}, Case{"/%41%", nullptr}}) {
    CAPTURE(c.raw);
    const auto decoded = decode_path(c.raw);
    CHECK(decoded.has_value() == (c.decoded != nullptr));
    CHECK(has_valid_escapes(c.raw) == (c.decoded != nullptr));
    if (decoded && c.decoded) CHECK(*decoded == c.decoded);
  }
  CHECK(decode_path("/%00x") == std::string("/\0x", 3));
}

TEST_CASE("cleaning a path removes empty and dot elements and keeps a trailing slash") {
  struct Case {
    const char* path;
    const char* clean;
  };
  for (const Case& c :
       {Case{"", "/"}, Case{"/", "/"}, Case{"//", "/"}, Case{"/a", "/a"}, Case{"/a/", "/a/"}, Case{"a", "/a"},
        Case{"/a//b", "/a/b"}, Case{"/a/./b", "/a/b"}, Case{"/a/../b", "/b"}, Case{"/..", "/"}, Case{"/../..//a", "/a"},
        Case{"/a/.", "/a"}, Case{"/a/..", "/"}, Case{"/a/b/..", "/a"}, Case{"/a/b/../", "/a/"}, Case{"/a/./", "/a/"},
        Case{"/...", "/..."}, Case{"/a..b/.c", "/a..b/.c"}}) {
    CAPTURE(c.path);
    CHECK(clean_path(c.path) == c.clean);
    CHECK(clean_path(clean_path(c.path)) == c.clean);
  }
}

TEST_CASE("an unclean path is redirected to its clean form, encoded again, with its query as it was") {
  struct Case {
    const char* raw_path;
    const char* query;
    const char* location;  // null: no redirect
  };
  for (const Case& c :
       {Case{"/v2/keys/a", "", nullptr}, Case{"/v2/keys/", "", nullptr}, Case{"/v2/keys/sp%20ace", "", nullptr},
        Case{"/v2/keys//a", "recursive=true", "/v2/keys/a?recursive=true"}, Case{"/v2/keys/%2e%2e/b", "", "/v2/b"},
        Case{"/v2/keys/a%2F%2Fb", "", "/v2/keys/a/b"}, Case{"/v2/keys//sp%20ace/x", "", "/v2/keys/sp%20ace/x"},
        Case{"//v2//keys/sp%20a!*()'ce/./x%3Fy%25/;,:@&=+$~%C3%A9/", "",
             "/v2/keys/sp%20a%21%2A%28%29%27ce/x%3Fy%25/;,:@&=+$~%C3%A9/"},
        Case{"/v2/keys/../../a", "x=1&y=%zz", "/a?x=1&y=%zz"}, Case{"/v2/keys/a/..", "", "/v2/keys"},
        Case{"/v2/keys/a/../", "", "/v2/keys/"}, Case{"/v2//%00", "", "/v2/%00"}}) {
    CAPTURE(c.raw_path);
    const auto location = redirect_location(decode_path(c.raw_path).value(), c.query);
    CHECK(location.has_value() == (c.location != nullptr));
    if (location && c.location) CHECK(*location == c.location);
  }
}
