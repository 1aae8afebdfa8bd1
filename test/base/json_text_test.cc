#include "base/json_text.h"

#include <doctest/doctest.h>

using namespace viaduct;

namespace {

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

}  // namespace

TEST_CASE("each ASCII character is written raw or with the escape that etcd gives it") {
  for (int c = 0; c < 0x80; ++c) {
    std::string expected;
    switch (c) {
      case '"':
        expected = "\\\"";
        break;
      case '\\':
        expected = "\\\\";
        break;
      case '\n':
        expected = "\\n";
        break;
      case '\r':
        expected = "\\r";
        break;
      case '\t':
        expected = "\\t";
        break;
      case '<':
        expected = "\\u003c";
        break;
      case '>':
        expected = "\\u003e";
        break;
      case '&':
        expected = "\\u0026";
        break;
      default:
        expected.assign(1, static_cast<char>(c));
        if (c < 0x20) {
          constexpr char kHex[] = "0123456789abcdef";
          expected = std::string("\\u00") + kHex[c >> 4] + kHex[c & 15];
        }
    }
    CAPTURE(c);
    CHECK(quoted(std::string(1, static_cast<char>(c))) == '"' + expected + '"');
    CHECK(quoted("a" + std::string(1, static_cast<char>(c)) + "b") == "\"a" + expected + "b\"");
  }
}

TEST_CASE("UTF-8 passes through, but for the two line separators and each invalid byte") {
  struct Case {
    const char* name;
    std::string_view text;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{"empty", "", ""},
           Case{"two bytes, smallest and largest", "\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf"},
           Case{"three bytes, smallest", "\xe0\xa0\x80", "\xe0\xa0\x80"},
           Case{"below the surrogates", "\xed\x9f\xbf", "\xed\x9f\xbf"},
           Case{"above the surrogates", "\xee\x80\x80", "\xee\x80\x80"},
           Case{"four bytes, smallest and largest", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
                "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
           Case{"a genuine replacement character", "\xef\xbf\xbd", "\xef\xbf\xbd"},
           Case{"U+2027 to U+202A", "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa",
                "\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa"},
           Case{"a lone continuation", "\x80", "\\ufffd"},
           Case{"ff and fe", "\xff\xfe", "\\ufffd\\ufffd"},
           Case{"overlong slash in two", "\xc0\xaf", "\\ufffd\\ufffd"},
           Case{"c1", "\xc1\xbf", "\\ufffd\\ufffd"},
           Case{"overlong in three", "\xe0\x9f\xbf", "\\ufffd\\ufffd\\ufffd"},
           Case{"first surrogate", "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
           Case{"overlong in four", "\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd"},
           Case{"above U+10FFFF", "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
           Case{"f5", "\xf5\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
           Case{"two bytes cut", "\xc3", "\\ufffd"},
           Case{"three bytes cut after one", "\xe2", "\\ufffd"},
           Case{"three bytes cut after two", "\xe2\x82", "\\ufffd\\ufffd"},
           Case{"four bytes cut after three", "\xf0\x9f\x98", "\\ufffd\\ufffd\\ufffd"},
           Case{"cut by ASCII", "\xe2\x82z", "\\ufffd\\ufffdz"},
           Case{"cut by another start", "\xe2\xc3\xa9", "\\ufffd\xc3\xa9"},
       }) {
    CAPTURE(c.name);
    CHECK(quoted(c.text) == '"' + std::string(c.expected) + '"');
  }
}

TEST_CASE("a list of texts is a JSON array") {
  const auto list = [](const std::vector<std::string>& texts) {
    std::string json;
    append_json_list(json, texts);
    return json;
  };
  CHECK(list({}) == "[]");
  CHECK(list({""}) == "[\"\"]");
  CHECK(list({"a\"", "b"}) == "[\"a\\\"\",\"b\"]");
}

TEST_CASE("a number is written with the fewest digits, and with an exponent only far from one") {
  struct Case {
    double number;
    const char* text;
  };
  for (const Case& c :
       {Case{0, "0"}, Case{0.000476, "0.000476"}, Case{0.0015914285714285715, "0.0015914285714285715"},
        Case{1e-6, "0.000001"}, Case{9.5e-7, "9.5e-7"}, Case{1e-10, "1e-10"}, Case{-1e-7, "-1e-7"}, Case{12, "12"},
        Case{1e20, "100000000000000000000"}, Case{1e21, "1e+21"}, Case{1e100, "1e+100"},
        Case{9223372036854775808.0, "9223372036854775808"}, Case{2432.3273168867254, "2432.3273168867254"}}) {
    std::string json;
    append_double(json, c.number);
    CHECK(json == c.text);
  }
}
