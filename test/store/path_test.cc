#include "store/path.h"

#include <doctest/doctest.h>

namespace viaduct::store {
namespace {

std::string elements(size_t count) {
  std::string path;
  for (size_t i = 0; i < count; ++i) path += "/e";
  return path;
}

}  // namespace

TEST_CASE("a canonical path begins with a slash and has only real elements within both limits") {
  struct Case {
    std::string path;
    bool canonical;
  };
  for (const Case& c : {Case{"/a", true},
                        Case{"/a/b", true},
                        Case{"/_a", true},
                        Case{"/a.b/..c", true},
                        Case{"/...", true},
                        Case{std::string("/\0", 2), true},
                        Case{"/\xff", true},
                        Case{"", false},
                        Case{"/", false},
                        Case{"a", false},
                        Case{"a/b", false},
                        Case{"/a/", false},
                        Case{"//a", false},
                        Case{"/a//b", false},
                        Case{"/.", false},
                        Case{"/..", false},
                        Case{"/a/.", false},
                        Case{"/a/../b", false},
                        Case{elements(kMaxPathElements), true},
                        Case{elements(kMaxPathElements + 1), false},
                        Case{"/" + std::string(kMaxPathBytes - 1, 'x'), true},
                        Case{"/" + std::string(kMaxPathBytes, 'x'), false}}) {
    CAPTURE(c.path);
    CHECK(is_canonical_path(c.path) == c.canonical);
  }
}

TEST_CASE("a path knows its parent, its last element and what lies below it") {
  CHECK(parent_path("/a/b") == "/a");
  CHECK(parent_path("/a") == "");
  CHECK(parent_path("") == "");
  CHECK(last_element("/a/b") == "b");
  CHECK(last_element("/a") == "a");

  CHECK(is_below("/a/b", "/a"));
  CHECK(is_below("/a", ""));
  CHECK_FALSE(is_below("/a", "/a"));
  CHECK_FALSE(is_below("/ab", "/a"));
  CHECK_FALSE(is_below("", ""));
}

// Known bug: RB-65.
TEST_CASE("a path is hidden below a directory by an underscore strictly below it") {
  struct Case {
    const char *path, *directory;
    bool hidden;
  };
  for (const Case& c :
       {Case{"/_a", "", true}, Case{"/a/_b/c", "/a", true}, Case{"/_a/b", "/_a", false}, Case{"/_a/_b", "/_a", true},
        Case{"/_a", "/_a", false}, Case{"/a_b", "", false}, Case{"/_a", "/b", false}}) {
    CAPTURE(c.path);
    CAPTURE(c.directory);
    CHECK(is_hidden_below(c.path, c.directory) == c.hidden);
  }
}

}  // namespace viaduct::store
