#include "v3/json_scanner.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace viaduct::v3;
using Found = JsonScanner::Found;

namespace {

// Every value of a text that comes in pieces of `piece` bytes, then the complaint if there is one.
std::vector<std::string> values_of(std::string_view text, size_t piece) {
  JsonScanner scanner;
  std::vector<std::string> values;
  const auto take = [&](Found found) {
    if (found == Found::kValue) values.emplace_back(scanner.document().raw(0));
    if (found == Found::kError) values.push_back("! " + scanner.error());
    return found == Found::kValue;
  };
  for (size_t at = 0; at < text.size(); at += piece) {
    scanner.append(text.substr(at, piece));
    while (take(scanner.next())) {
    }
  }
  while (take(scanner.last())) {
  }
  return values;
}

// The shape of a document as "kind begin..end>next" for each node.
std::string shape_of(std::string_view text) {
  JsonScanner scanner;
  scanner.append(text);
  REQUIRE(scanner.last() == Found::kValue);
  std::string shape;
  for (const JsonNode& node : *scanner.document().nodes) {
    shape += "nb1sao"[static_cast<int>(node.kind)];
    shape += std::to_string(node.begin) + '-' + std::to_string(node.end) + '>' + std::to_string(node.next) + ' ';
  }
  return shape;
}

}  // namespace

TEST_CASE("values come out the same however the text is cut") {
  struct Case {
    const char* text;
    std::vector<std::string> values;
  };
  for (const Case& c : std::vector<Case>{
           {"", {}},
           {" \n", {}},
           {"{\"a\":[1,-2.5e+10,\"x\\u00e9\\n\"]}", {"{\"a\":[1,-2.5e+10,\"x\\u00e9\\n\"]}"}},
           {"{}{}\n[] 1 2 null\"a\"", {"{}", "{}", "[]", "1", "2", "null", "\"a\""}},
           {"12", {"12"}},
           {"1x", {"1", "! invalid character 'x' looking for beginning of value"}},
           {"{} {x", {"{}", "! invalid character 'x' looking for beginning of object key string"}},
           {"{}{", {"{}", "! unexpected EOF"}},
           {"-", {"! unexpected EOF"}},
           {"\"\\u12", {"! unexpected EOF"}},
           {"tru", {"! unexpected EOF"}},
           {"[true,false,nul]", {"! invalid character ']' in literal null (expecting 'l')"}},
       }) {
    for (size_t piece = 1; piece <= 20; ++piece) {
      CAPTURE(c.text);
      CAPTURE(piece);
      std::vector<std::string> got = values_of(c.text, piece);
      // An error is told each time it is asked for.
      while (got.size() > c.values.size() && got.size() > 1 && got.back() == got[got.size() - 2]) got.pop_back();
      CHECK(got == c.values);
    }
  }
}

TEST_CASE("a document lists its values in order, each with the way around it") {
  CHECK(shape_of("null") == "n0-4>1 ");
  CHECK(shape_of(" {\"a\": [1, {}], \"b\":true}") == "o1-25>7 s2-5>2 a7-14>5 18-9>4 o11-13>5 s16-19>6 b20-24>7 ");
}

TEST_CASE("nesting ends at the limit") {
  const std::string most(kMaxJsonDepth, '[');
  CHECK(values_of(most + std::string(kMaxJsonDepth, ']'), 1000).size() == 1);
  CHECK(values_of(most + "[", 1000)[0] == "! invalid character '[' exceeded max depth");
  CHECK(values_of(most + "{", 1000)[0] == "! invalid character '{' exceeded max depth");
}

TEST_CASE("a complaint shows any byte as Go does") {
  struct Case {
    unsigned char byte;
    const char* shown;
  };
  for (const Case& c : {Case{'\'', "'\\''"},
                        {'\\', "'\\\\'"},
                        {'\a', "'\\a'"},
                        {0x0b, "'\\v'"},
                        {1, "'\\x01'"},
                        {0x7f, "'\\x7f'"},
                        {0x80, "'\\u0080'"},
                        {0xa0, "'\\u00a0'"},
                        {0xa1, "'\xc2\xa1'"},
                        {0xad, "'\\u00ad'"},
                        {0xff, "'\xc3\xbf'"}}) {
    const std::string text(1, static_cast<char>(c.byte));
    CHECK(values_of(text, 1)[0] == std::string("! invalid character ") + c.shown + " looking for beginning of value");
  }
}

TEST_CASE("a text is checked to be one value") {
  struct Case {
    const char* text;
    const char* complaint;
  };
  for (const Case& c : {Case{"1", ""},
                        {" 1 ", ""},
                        {"", "unexpected end of JSON input"},
                        {"[", "unexpected end of JSON input"},
                        {"-", "invalid character ' ' in numeric literal"},
                        {"1.", "invalid character ' ' after decimal point in numeric literal"},
                        {"1 2", "invalid character '2' after top-level value"},
                        {"01", "invalid character '1' after top-level value"},
                        {"1x", "invalid character 'x' after top-level value"},
                        {"{}]", "invalid character ']' after top-level value"}}) {
    CAPTURE(c.text);
    JsonNode::Kind kind;
    CHECK(check_json(c.text, kind) == c.complaint);
  }
}

TEST_CASE("a text that fails keeps failing") {
  JsonScanner scanner;
  scanner.append("x");
  CHECK(scanner.next() == Found::kError);
  scanner.append("{}");
  CHECK(scanner.next() == Found::kError);
  CHECK(scanner.last() == Found::kError);
}
