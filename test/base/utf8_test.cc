#include "base/utf8.h"

#include <doctest/doctest.h>

#include <string>

namespace viaduct {
namespace {

TEST_CASE("a character is measured only when it is whole and in its shortest form") {
  struct Case {
    const char* name;
    std::string text;
    size_t length;
  };
  for (const Case& c : {Case{"nothing", "", 0}, Case{"ASCII", "ab", 1}, Case{"NUL", std::string(1, '\0'), 1},
                        Case{"two bytes", "\xc3\xa9", 2}, Case{"two bytes, cut", "\xc3", 0},
                        Case{"overlong slash", "\xc0\xaf", 0}, Case{"three bytes", "\xe2\x82\xac", 3},
                        Case{"three bytes, cut", "\xe2\x82", 0}, Case{"overlong in three", "\xe0\x9f\xbf", 0},
                        Case{"surrogate", "\xed\xa0\x80", 0}, Case{"last before surrogates", "\xed\x9f\xbf", 3},
                        Case{"four bytes", "\xf0\x9f\x98\x80", 4}, Case{"overlong in four", "\xf0\x8f\xbf\xbf", 0},
                        Case{"last of all", "\xf4\x8f\xbf\xbf", 4}, Case{"beyond the last", "\xf4\x90\x80\x80", 0},
                        Case{"a continuation alone", "\x80", 0}, Case{"never a lead", "\xff\xfe", 0}}) {
    CAPTURE(c.name);
    CHECK(utf8_length(c.text) == c.length);
  }
}

TEST_CASE("a text is UTF-8 when all of it is") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("caf\xc3\xa9 \xe2\x82\xac"));
  CHECK_FALSE(is_utf8("caf\xc3"));
  CHECK_FALSE(
      is_utf8("a\xff"
              "b"));
}

}  // namespace
}  // namespace viaduct
