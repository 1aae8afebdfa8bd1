#include "v3bridge/range.h"

#include <doctest/doctest.h>

#include <string>

#include "base/random.h"
#include "etcdserverpb/rpc.pb.h"
#include "test/v3bridge/key_model.h"
#include "test/v3bridge/world.h"
#include "v3bridge/range_pieces.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;

const std::string kZero(1, '\0');

// A world and the model of it, kept in step.
struct Both {
  void put(const std::string& key, const std::string& value, uint64_t lease = 0) {
    const Command command = v3_put(key, value, lease);
    world.apply(command);
    model.put(command.put());
  }
  void erase(const std::string& key) {
    const Command command = v3_delete(key);
    world.apply(command);
    model.erase(command.delete_range());
  }

  World& world;
  KeyModel model;
};

RangeRequest get(const std::string& key, const std::string& range_end = "") {
  RangeRequest request;
  request.set_key(key);
  request.set_range_end(range_end);
  return request;
}

// The pieces of the answer joined.
RangeResponse joined(World& world, const RangeRequest& request) {
  RangePieces pieces(world.store(), request);
  CHECK(pieces.begin().error == V3Error::kNone);
  RangeResponse whole;
  for (bool more = true; more;) {
    RangeResponse piece;
    more = pieces.next(piece);
    if (more) {
      CHECK(piece.kvs_size() > 0);
      CHECK(piece.count() == 0);
    }
    whole.MergeFrom(piece);
  }
  return whole;
}

// The slow answer; the fast one, where there is one, must be the same.
std::string read(World& world, const RangeRequest& request) {
  RangeResponse fast, slow;
  const Read fast_read = read_range_fast(world.store(), request, fast);
  const Read slow_read = read_range_slow(world.store(), request, slow);
  if (!fast_read.needs_reader) {
    CHECK(fast_read.error == slow_read.error);
    CHECK(fast.SerializeAsString() == slow.SerializeAsString());
  } else {
    CHECK(fast.ByteSizeLong() == 0);
  }
  if (slow_read.error != V3Error::kNone) return "error " + std::to_string(static_cast<int>(slow_read.error));
  CHECK(slow_read.head == world.numbers().revision);
  CHECK(joined(world, request).SerializeAsString() == slow.SerializeAsString());
  return slow.ShortDebugString();
}

class Requests {
 public:
  explicit Requests(uint64_t seed) : random_(seed) {}

  std::string key() { return std::string(1 + random_.below(3), static_cast<char>('a' + random_.below(5))); }
  uint64_t below(uint64_t n) { return random_.below(n); }
  bool one_in(uint64_t n) { return random_.below(n) == 0; }

  RangeRequest next(int64_t head) {
    RangeRequest request = get(one_in(4) ? kZero : key());
    if (!one_in(5)) request.set_range_end(one_in(3) ? kZero : one_in(20) ? kZero + kZero : key());
    if (one_in(2)) request.set_limit(static_cast<int64_t>(random_.below(8)) - 1);
    if (one_in(3)) request.set_revision(static_cast<int64_t>(random_.below(static_cast<uint64_t>(head) + 1)) - 1);
    if (request.revision() == 1 && one_in(2)) request.set_revision(-5);
    if (one_in(2)) request.set_sort_target(static_cast<RangeRequest::SortTarget>(random_.below(5)));
    if (one_in(2)) request.set_sort_order(static_cast<RangeRequest::SortOrder>(random_.below(4)));
    request.set_keys_only(one_in(4));
    request.set_count_only(one_in(8));
    if (one_in(4)) request.set_min_mod_revision(number(head));
    if (one_in(4)) request.set_max_mod_revision(number(head));
    if (one_in(4)) request.set_min_create_revision(number(head));
    if (one_in(4)) request.set_max_create_revision(number(head));
    return request;
  }

 private:
  int64_t number(int64_t head) { return static_cast<int64_t>(random_.below(static_cast<uint64_t>(head) + 3)) - 1; }

  SeededRandom random_;
};

TEST_CASE("a range with whatever options is what the rules say of the state at its revision (RB-17)") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    store::Options options;
    if (seed % 3 == 0) options.value_cache_bytes = 0;
    World world("", options);
    world.apply(grant(7, 1000));
    const int64_t leaseless_head = static_cast<int64_t>(world.numbers().revision.value);
    REQUIRE(leaseless_head == 1);
    Both both{world, {}};
    Requests requests(seed);
    for (int i = 0; i < 60; ++i) {
      if (requests.one_in(4))
        both.erase(requests.key());
      else
        both.put(requests.key(), std::string(1, static_cast<char>('0' + requests.below(4))),
                 requests.one_in(5) ? 7 : 0);
    }
    REQUIRE(both.model.head() == static_cast<int64_t>(world.numbers().revision.value));
    for (int i = 0; i < 300; ++i) {
      const RangeRequest request = requests.next(both.model.head());
      CAPTURE(request.ShortDebugString());
      REQUIRE(read(world, request) == both.model.range(request).ShortDebugString());
    }
  }
}

TEST_CASE("a range of many slices is the same as one that fits into a single one") {
  World world;
  Both both{world, {}};
  world.open_group();
  for (int i = 0; i < 2500; ++i) both.put("k" + std::to_string(i * 7919 % 2500), std::to_string(i % 10));
  world.close_group();
  for (const int64_t limit : {0, 1, 999, 1000, 1001, 2499, 2500, 2501}) {
    for (const auto order : {RangeRequest::NONE, RangeRequest::ASCEND, RangeRequest::DESCEND}) {
      for (const auto target : {RangeRequest::KEY, RangeRequest::VALUE}) {
        RangeRequest request = get("k", "l");
        request.set_limit(limit);
        request.set_sort_order(order);
        request.set_sort_target(target);
        CAPTURE(request.ShortDebugString());
        RangeResponse response;
        CHECK(read_range_fast(world.store(), request, response).needs_reader);
        CHECK(read(world, request) == both.model.range(request).ShortDebugString());
      }
    }
  }
}

TEST_CASE("a range of many pieces is one state, whatever is written between them") {
  World world;
  world.open_group();
  for (int i = 0; i < 10'000; ++i) world.apply(v3_put("k" + std::to_string(i), std::string(300, 'v')));
  world.close_group();
  for (const auto order : {RangeRequest::NONE, RangeRequest::DESCEND}) {
    RangeRequest request = get("k", "l");
    request.set_sort_order(order);
    request.set_limit(9'000);
    RangeResponse before, whole;
    read_range_slow(world.store(), request, before);
    RangePieces pieces(world.store(), request);
    REQUIRE(pieces.begin().error == V3Error::kNone);
    int count = 0;
    for (bool more = true; more; ++count) {
      RangeResponse piece;
      more = pieces.next(piece);
      CHECK(piece.ByteSizeLong() < 2'000'000);
      whole.MergeFrom(piece);
      world.apply(v3_delete("k" + std::to_string(9'999 - count)));
      world.apply(compact(world.numbers().revision.value));
      world.store().compact_some(100'000);
    }
    CHECK(count == 3);
    CHECK(whole.SerializeAsString() == before.SerializeAsString());
  }
}

TEST_CASE("a range of one slice is read at once, one of a node more is not") {
  World world;
  Both both{world, {}};
  world.open_group();
  for (int i = 0; i < 1001; ++i) both.put("k" + std::to_string(1000 + i), "");
  world.close_group();
  RangeResponse response;
  CHECK(read_range_fast(world.store(), get("k", "k2000"), response).needs_reader == false);
  CHECK(response.kvs_size() == 1000);
  RangeResponse rest;
  CHECK(read_range_fast(world.store(), get("k", "l"), rest).needs_reader);
}

TEST_CASE("a single large value is read at once, a range of more than a megabyte is not") {
  World world;
  for (const char* key : {"a", "b", "c"}) world.apply(v3_put(key, std::string(500'000, 'v')));
  for (const auto& [end, needs_reader] : {std::pair{"", false}, {"c", false}, {"d", true}}) {
    CAPTURE(end);
    RangeResponse response;
    CHECK(read_range_fast(world.store(), get("a", end), response).needs_reader == needs_reader);
    CHECK((response.kvs_size() > 0) != needs_reader);
    RangeRequest keys = get("a", end);
    keys.set_keys_only(true);
    RangeResponse without_values;
    CHECK_FALSE(read_range_fast(world.store(), keys, without_values).needs_reader);
  }
}

TEST_CASE("revisions that are not kept are refused, the compaction point itself is not") {
  World world;
  for (const char* value : {"1", "2", "3"}) world.apply(v3_put("a", value));
  world.apply(compact(3));
  struct Case {
    int64_t revision;
    const char* answer;
  };
  const std::string at_3 = R"(kvs { key: "a" create_revision: 2 mod_revision: 3 version: 2 value: "2" } count: 1)";
  const std::string at_4 = R"(kvs { key: "a" create_revision: 2 mod_revision: 4 version: 3 value: "3" } count: 1)";
  for (const auto& [revision, answer] : {Case{1, "error 3"}, Case{2, "error 3"}, Case{3, at_3.c_str()},
                                         Case{4, at_4.c_str()}, Case{5, "error 4"}, Case{-5, at_4.c_str()}}) {
    CAPTURE(revision);
    RangeRequest request = get("a");
    request.set_revision(revision);
    CHECK(read(world, request) == answer);
  }
}

TEST_CASE("the head stays readable when everything was deleted and compacted, over a restart too (RB-13)") {
  World world;
  world.apply(v3_put("a", "1"));
  world.apply(v3_delete("a"));
  world.apply(compact(3));
  for (const bool restarts : {false, true}) {
    while (world.store().compact_some(1)) {
    }
    if (restarts) world.restart();
    CHECK(world.numbers().revision == Revision(3));
    for (const auto& [revision, answer] :
         {std::pair<int64_t, const char*>{0, ""}, {3, ""}, {2, "error 3"}, {4, "error 4"}}) {
      CAPTURE(revision);
      RangeRequest request = get("a");
      request.set_revision(revision);
      CHECK(read(world, request) == answer);
    }
  }
}

}  // namespace
}  // namespace viaduct::v3bridge
