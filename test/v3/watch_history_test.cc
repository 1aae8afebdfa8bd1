// Watches that begin in the past: catching up from the log, what compaction took, and the change to being live.
#include <doctest/doctest.h>

#include "test/v3/watch_world.h"

namespace viaduct::v3 {
namespace {

const std::string kOpen(1, '\0');

void put_many(WatchWorld& world, const std::string& key, int count, const std::string& value = "v") {
  const std::vector<WatchWorld::Body> puts(
      static_cast<size_t>(count), [&](store::Transaction& t) { store::StoreFixture::append_put(t, key, value); });
  world.group(puts);
}

}  // namespace

TEST_CASE("history comes in one response with the current revision, then it is live") {
  WatchWorld world;
  WatchClient client(world);
  world.put("a", "1");
  world.put("b", "2");
  world.put("a", "3");
  world.remove("a");
  CHECK(client.create({.key = "a", .start = 2}) == Lines{"0 @5 created", "0 @5 a=1 (2,2,1) a=3 (2,4,2) -a (5)"});
  world.put("a", "4");
  CHECK(client.take() == Lines{"0 @6 a=4 (6,6,1)"});
  CHECK(client.create({.key = "a", .start = 1}) ==
        Lines{"1 @6 created", "1 @6 a=1 (2,2,1) a=3 (2,4,2) -a (5) a=4 (6,6,1)"});
  CHECK(client.create({.key = "a", .start = 6}) == Lines{"2 @6 created", "2 @6 a=4 (6,6,1)"});
  CHECK(client.create({.key = "none", .start = 2}) == Lines{"3 @6 created"});
  CHECK(world.counters.behind == 0);
}

TEST_CASE("a watch of one key that has not changed since its start needs no history") {
  WatchWorld world;
  WatchClient client(world);
  for (const char* key : {"a", "b", "c", "b"}) world.put(key, "1");
  world.remove("c");
  struct Case {
    const char* key;
    int64_t start;
    bool reads;
  };
  for (const Case& c : {Case{"a", 2, true}, Case{"a", 3, false}, Case{"b", 5, true}, Case{"b", 6, false},
                        Case{"c", 6, true}, Case{"none", 3, true}}) {
    CAPTURE(c.key);
    CAPTURE(c.start);
    client.send_only(WatchClient::request({.key = c.key, .start = c.start}));
    world.run_loop();
    CHECK(world.engine.queued().size() == (c.reads ? 1 : 0));
    world.settle();
  }
  client.take();
  world.put("a", "2");
  CHECK(client.take() == Lines{"1 @7 a=2 (2,7,2)", "0 @7 a=2 (2,7,2)"});
}

TEST_CASE("a start below zero is before all that was compacted (28); without any it is now") {
  WatchWorld world;
  WatchClient client(world);
  world.put("a", "1");
  CHECK(client.create({.key = "a", .start = -9}) == Lines{"0 @2 created", "0 @0 canceled compacted -1"});
  CHECK(client.create({.key = "a", .start = -1}) == Lines{"1 @2 created"});
  world.put("a", "2");
  CHECK(client.take() == Lines{"1 @3 a=2 (2,3,2)"});
  world.compact(2);
  CHECK(client.create({.key = "a", .start = -1}) == Lines{"2 @3 created", "2 @0 canceled compacted 2"});
}

// Known bug: RB-52.
TEST_CASE("a start that was compacted is told so, and its id stays taken until it is cancelled (29, 93)") {
  WatchWorld world;
  WatchClient client(world);
  for (const char* value : {"1", "2", "3"}) world.put("a", value);
  world.compact(3);
  CHECK(client.create({.key = "a", .start = 2, .id = 5}) == Lines{"5 @4 created", "5 @0 canceled compacted 3"});
  CHECK(client.create({.key = "a", .id = 5}) ==
        Lines{"-1 @4 created canceled (mvcc: duplicate watch ID provided on the WatchStream)"});
  CHECK(client.cancel(5) == Lines{"5 @4 canceled"});
  CHECK(client.cancel(5) == Lines{});
  CHECK(client.create({.key = "a", .id = 5}) == Lines{"5 @4 created"});
}

// Known bug: RB-14.
TEST_CASE("a start at the compacted revision is told of all that happened in it (93, 97, 107)") {
  WatchWorld world;
  WatchClient client(world);
  world.put("a", "old");
  world.put("c", "1");
  world.transact([](store::Transaction& t) {
    for (const char* key : {"b", "a", "x"}) store::StoreFixture::append_put(t, key, "at");
    store::StoreFixture::append_delete(t, store::Family::kKey, "c");
    store::StoreFixture::append_delete(t, store::Family::kKey, "x");
  });
  world.put("a", "later");
  world.compact(4);
  for (const bool cleaned : {false, true}) {
    CAPTURE(cleaned);
    if (cleaned) world.engine.fixture.clean();
    WatchClient fresh(world);
    CHECK(fresh.create({.key = "a", .range_end = "z", .start = 4, .prev_kv = true}) ==
          Lines{"0 @5 created",
                "0 @5 b=at (4,4,1) a=at (2,4,2) x=at (4,4,1) -c (4) -x (4) "
                "a=later (2,5,3) <- at (2,4,2)"});
    CHECK(fresh.create({.key = "a", .start = 4}) == Lines{"1 @5 created", "1 @5 a=at (2,4,2) a=later (2,5,3)"});
    CHECK(fresh.create({.key = "c", .start = 4}) == Lines{"2 @5 created", "2 @5 -c (4)"});
    CHECK(fresh.create({.key = "b", .range_end = kOpen, .start = 4}) ==
          Lines{"3 @5 created", "3 @5 b=at (4,4,1) x=at (4,4,1) -c (4) -x (4)"});
    CHECK(fresh.create({.key = "a", .start = 3}) == Lines{"4 @5 created", "4 @0 canceled compacted 4"});
    CHECK(fresh.create({.key = "a", .range_end = "z", .start = 5, .prev_kv = true}) ==
          Lines{"5 @5 created", "5 @5 a=later (2,5,3) <- at (2,4,2)"});
  }
}

TEST_CASE("a long history comes in responses of at most 1000 revisions (96)") {
  WatchWorld world;
  WatchClient client(world);
  put_many(world, "a", 2101);
  world.put("b", "1");
  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  std::vector<size_t> sizes;
  int64_t next = 2;
  for (const etcdserverpb::WatchResponse& response : client.responses()) {
    if (response.created()) continue;
    CHECK(response.header().revision() == 2103);
    sizes.push_back(static_cast<size_t>(response.events_size()));
    for (const mvccpb::Event& event : response.events()) CHECK(event.kv().mod_revision() == next++);
  }
  CHECK(sizes == std::vector<size_t>{1000, 1000, 101});
}

TEST_CASE("a revision of many events is never cut, wherever the log's slices end") {
  WatchWorld world;
  WatchClient client(world);
  put_many(world, "x", 990);
  world.transact([](store::Transaction& t) {
    for (int i = 0; i < 1500; ++i) store::StoreFixture::append_put(t, "a" + std::to_string(i), "1");
  });
  put_many(world, "x", 990);
  client.send_only(WatchClient::request({.key = "a", .range_end = kOpen, .start = 2}));
  const auto responses = client.responses();
  REQUIRE(responses.size() == 3);
  CHECK(responses[1].events_size() == 990 + 1500 + 9);  // 1000 revisions
  CHECK(responses[2].events_size() == 990 - 9);
}

TEST_CASE("a large history is cut into fragments when asked, between events (98)") {
  WatchWorld world;
  WatchClient client(world);
  for (int i = 0; i < 5; ++i) world.put("a", std::string(1'000'000, 'v'));
  struct Case {
    bool fragment;
    std::vector<std::pair<int, bool>> pieces;
  };
  for (const Case& c : {Case{true, {{2, true}, {2, true}, {1, false}}}, Case{false, {{5, false}}}}) {
    CAPTURE(c.fragment);
    WatchClient fresh(world);
    fresh.send_only(WatchClient::request({.key = "a", .start = 2, .id = 3, .fragment = c.fragment}));
    const auto responses = fresh.responses();
    REQUIRE(responses.size() == 1 + c.pieces.size());
    for (size_t i = 0; i < c.pieces.size(); ++i) {
      CHECK(responses[i + 1].events_size() == c.pieces[i].first);
      CHECK(responses[i + 1].fragment() == c.pieces[i].second);
      CHECK(responses[i + 1].watch_id() == 3);
      CHECK(responses[i + 1].header().revision() == 6);
    }
  }
}

TEST_CASE("a single event is never cut, a live transaction is") {
  WatchOptions options;
  options.fragment_bytes = 300;
  WatchWorld world(options);
  WatchClient client(world);
  client.create({.key = "a", .range_end = "z", .fragment = true});
  world.put("a", std::string(1000, 'v'));
  world.transact([](store::Transaction& t) {
    for (const char* key : {"a", "b", "c", "d"}) store::StoreFixture::append_put(t, key, std::string(100, 'v'));
  });
  const auto responses = client.responses();
  REQUIRE(responses.size() == 3);
  CHECK(!responses[0].fragment());
  CHECK(responses[1].fragment());
  CHECK(responses[1].events_size() == 2);
  CHECK(!responses[2].fragment());
  CHECK(responses[2].events_size() == 2);
}

TEST_CASE("events that come while a watch catches up follow its history") {
  WatchWorld world;
  WatchClient client(world);
  put_many(world, "a", 3);
  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.send_only(WatchClient::request({.key = "a"}));  // live: the group is told already
  world.put("a", "between");
  world.run_loop();
  REQUIRE(world.engine.queued().run_one());
  world.put("a", "later");
  CHECK(client.take() == Lines{"0 @4 created", "1 @4 created", "1 @5 a=between (2,5,4)", "1 @6 a=later (2,6,5)",
                               "0 @6 a=v (2,2,1) a=v (2,3,2) a=v (2,4,3) a=between (2,5,4) a=later (2,6,5)"});
}

TEST_CASE("events that are committed but not published yet are told once") {
  WatchWorld world;
  WatchClient client(world);
  world.put("a", "1");
  world.hold_back();
  world.put("a", "2");
  CHECK(client.create({.key = "a"}) == Lines{"0 @3 created"});
  CHECK(client.create({.key = "a", .start = 2}) == Lines{"1 @3 created", "1 @3 a=1 (2,2,1) a=2 (2,3,2)"});
  CHECK(client.create({.key = "a", .start = 3}) == Lines{"2 @3 created"});
  world.publish();
  CHECK(client.take() == Lines{"2 @3 a=2 (2,3,2)"});
  world.put("a", "3");
  CHECK(client.take() == Lines{"2 @4 a=3 (2,4,3)", "1 @4 a=3 (2,4,3)", "0 @4 a=3 (2,4,3)"});
}

// Known bug: RB-51.
TEST_CASE("a watch whose history is compacted before it is read is cancelled, and only that one") {
  WatchWorld world;
  WatchClient client(world);
  put_many(world, "a", 5);
  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.send_only(WatchClient::request({.key = "a", .start = 6}));
  world.compact(4);
  CHECK(client.take() == Lines{"0 @6 created", "1 @6 created", "0 @0 canceled compacted 4", "1 @6 a=v (2,6,5)"});
  CHECK(client.cancel(0) == Lines{"0 @6 canceled"});
  world.put("a", "new");
  CHECK(client.take() == Lines{"1 @7 a=new (2,7,6)"});
}

TEST_CASE("a watch that is cancelled while it is read for says nothing more, and its id can be another's") {
  WatchWorld world;
  WatchClient client(world);
  put_many(world, "a", 2);
  client.send_only(WatchClient::request({.key = "a", .start = 2, .id = 5}));
  etcdserverpb::WatchRequest cancel;
  cancel.mutable_cancel_request()->set_watch_id(5);
  client.send_only(cancel);
  client.send_only(WatchClient::request({.key = "b", .start = 2, .id = 5}));
  CHECK(client.take() == Lines{"5 @3 created", "5 @3 canceled", "5 @3 created"});
  world.put("a", "1");
  world.put("b", "1");
  CHECK(client.take() == Lines{"5 @5 b=1 (5,5,1)"});
}

TEST_CASE("a stream that goes while it is read for leaves nothing behind") {
  WatchWorld world;
  WatchClient client(world);
  put_many(world, "a", 2);
  for (int i = 0; i < 20; ++i) client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.leave();
  world.settle();
  CHECK(world.engine.hub().size() == 0);
  CHECK(world.counters.behind == 0);
  CHECK(world.counters.watches == 0);
}

TEST_CASE("a client that comes back at the revision after its last one misses nothing and sees nothing twice") {
  WatchWorld world;
  int64_t next = 2;
  for (int round = 0; round < 10; ++round) {
    WatchClient client(world);
    world.put("a", std::to_string(round));
    client.send_only(WatchClient::request({.key = "a", .start = next}));
    world.put("b", "other");
    world.put("a", "again");
    for (const auto& response : client.responses()) {
      for (const mvccpb::Event& event : response.events()) {
        CHECK(event.kv().mod_revision() >= next);
        next = event.kv().mod_revision() + 1;
      }
    }
    CHECK(next == static_cast<int64_t>(world.revision()) + 1);
  }
}

}  // namespace viaduct::v3
