#include "v2/json.h"

#include <doctest/doctest.h>

using namespace viaduct;
using namespace viaduct::v2;

namespace {

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

std::string time_of(int64_t ns) {
  std::string text;
  append_time(text, ns);
  return text;
}

store::Record file(std::string key, std::string value, uint64_t seq, uint64_t created) {
  store::Record record;
  record.id = {Seq(seq), 0};
  record.key = std::move(key);
  record.value = Blob(std::move(value));
  record.created_seq = Seq(created);
  return record;
}

v3bridge::V2Node node(std::string key, uint32_t depth, bool dir, uint64_t number) {
  v3bridge::V2Node node;
  node.key = std::move(key);
  node.depth = depth;
  node.dir = dir;
  if (!dir) node.value = Blob(std::string("v"));
  node.modified = node.created = Seq(number);
  return node;
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

TEST_CASE("a time has up to nine fractional digits and no zero at its end") {
  struct Case {
    int64_t ns;
    const char* expected;
  };
  for (const Case& c : {
           Case{0, "1970-01-01T00:00:00Z"},
           Case{1, "1970-01-01T00:00:00.000000001Z"},
           Case{-1, "1969-12-31T23:59:59.999999999Z"},
           Case{-1'000'000'000, "1969-12-31T23:59:59Z"},
           Case{100'000'000, "1970-01-01T00:00:00.1Z"},
           Case{1'500'000'010, "1970-01-01T00:00:01.50000001Z"},
           Case{951'826'154'120'000'000, "2000-02-29T12:09:14.12Z"},
           Case{9'223'372'036'854'775'807, "2262-04-11T23:47:16.854775807Z"},
       }) {
    CHECK(time_of(c.ns) == c.expected);
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

TEST_CASE("an event shows its fields in etcd's order and leaves out what is not there") {
  store::Event event;
  event.record = file("/root/a", "one", 7, 7);
  CHECK(event_json(event, "/root") ==
        "{\"action\":\"set\",\"node\":{\"key\":\"/a\",\"value\":\"one\",\"modifiedIndex\":7,\"createdIndex\":7}}\n");
  CHECK(event_json(event, "/root", false) == "{\"action\":\"set\"}\n");

  event.record = file("/a", "", 9, 7);
  event.record.action = store::Action::kCompareAndSwap;
  event.record.ttl = store::ShownTtl{1'000'000'000, 5};
  event.record.prev_ttl = store::ShownTtl{2'000'000'000, 0};
  event.prev = file("/a", "<old>", 7, 7);
  CHECK(
      event_json(event, "") ==
      "{\"action\":\"compareAndSwap\",\"node\":{\"key\":\"/a\",\"value\":\"\",\"expiration\":\"1970-01-01T00:00:01Z\","
      "\"ttl\":5,\"modifiedIndex\":9,\"createdIndex\":7},\"prevNode\":{\"key\":\"/a\",\"value\":\"\\u003cold\\u003e\","
      "\"expiration\":\"1970-01-01T00:00:02Z\",\"modifiedIndex\":7,\"createdIndex\":7}}\n");
}

TEST_CASE("what was deleted has no value, and a directory shows the number it was made with as prevNode") {
  store::Event event;
  event.record = file("/a", "", 9, 7);
  event.record.action = store::Action::kDelete;
  event.record.tombstone = true;
  event.record.value = Blob();
  event.prev = file("/a", "1", 8, 7);
  CHECK(event_json(event, "") ==
        "{\"action\":\"delete\",\"node\":{\"key\":\"/a\",\"modifiedIndex\":9,\"createdIndex\":7},"
        "\"prevNode\":{\"key\":\"/a\",\"value\":\"1\",\"modifiedIndex\":8,\"createdIndex\":7}}\n");

  event.record.family = store::Family::kDirectory;
  event.prev->family = store::Family::kDirectory;
  event.prev->value = Blob();
  CHECK(event_json(event, "") ==
        "{\"action\":\"delete\",\"node\":{\"key\":\"/a\",\"dir\":true,\"modifiedIndex\":9,\"createdIndex\":7},"
        "\"prevNode\":{\"key\":\"/a\",\"dir\":true,\"modifiedIndex\":7,\"createdIndex\":7}}\n");
}

TEST_CASE("a listing nests by depth, and the root has neither key nor numbers") {
  v3bridge::Listing listing;
  listing.nodes = {node("", 0, true, 0)};
  CHECK(listing_json(listing) == "{\"action\":\"get\",\"node\":{\"dir\":true}}\n");

  listing.nodes = {node("", 0, true, 0), node("/a", 1, true, 4), node("/a/b", 2, false, 4), node("/a/c", 2, true, 5),
                   node("/d", 1, false, 6)};
  CHECK(listing_json(listing) ==
        "{\"action\":\"get\",\"node\":{\"dir\":true,\"nodes\":["
        "{\"key\":\"/a\",\"dir\":true,\"nodes\":["
        "{\"key\":\"/a/b\",\"value\":\"v\",\"modifiedIndex\":4,\"createdIndex\":4},"
        "{\"key\":\"/a/c\",\"dir\":true,\"modifiedIndex\":5,\"createdIndex\":5}],"
        "\"modifiedIndex\":4,\"createdIndex\":4},"
        "{\"key\":\"/d\",\"value\":\"v\",\"modifiedIndex\":6,\"createdIndex\":6}]}}\n");
}
