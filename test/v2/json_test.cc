#include "v2/json.h"

#include <doctest/doctest.h>

using namespace viaduct;
using namespace viaduct::v2;

namespace {

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

// Known bug: RB-66.
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
