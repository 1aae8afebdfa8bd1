// The cases of v3-api.md 7.4, and 27 to 31 of 7.1, that need no second member; in the words of watch_world.h.
#include <doctest/doctest.h>

#include "test/v3/watch_world.h"

namespace viaduct::v3 {
namespace {

const std::string kOpen(1, '\0');

}  // namespace

// Known bug: RB-52.
TEST_CASE("ids: the server counts those that are free, a taken one is refused (89)") {
  WatchWorld world;
  WatchClient client(world);
  CHECK(client.create({.key = "a"}) == Lines{"0 @1 created"});
  CHECK(client.create({.key = "a", .id = 7}) == Lines{"7 @1 created"});
  CHECK(client.create({.key = "a", .id = 7}) ==
        Lines{"-1 @1 created canceled (mvcc: duplicate watch ID provided on the WatchStream)"});
  CHECK(client.create({.key = "a"}) == Lines{"1 @1 created"});
  CHECK(client.create({.key = "a", .id = -5}) == Lines{"-5 @1 created"});
  CHECK(client.cancel(-5) == Lines{"-5 @1 canceled"});
}

// Known bug: RB-52.
TEST_CASE("ids: those in use are skipped, and freed ones are not given again (90)") {
  WatchWorld world;
  WatchClient client(world);
  CHECK(client.create({.key = "a", .id = 1}) == Lines{"1 @1 created"});
  CHECK(client.create({.key = "a"}) == Lines{"0 @1 created"});
  CHECK(client.create({.key = "a"}) == Lines{"2 @1 created"});
  CHECK(client.cancel(0) == Lines{"0 @1 canceled"});
  CHECK(client.create({.key = "a"}) == Lines{"3 @1 created"});
}

TEST_CASE("a range that ends before it begins is refused (91)") {
  WatchWorld world;
  WatchClient client(world);
  const Lines refused{"-1 @1 created canceled (mvcc: watcher range is empty)"};
  CHECK(client.create({.key = "w", .range_end = "a"}) == refused);
  CHECK(client.create({.key = "w", .range_end = "w"}) == refused);
  CHECK(client.create({.key = "w", .range_end = "w", .id = 5}) == refused);
  CHECK(client.create({.key = kOpen, .range_end = kOpen}) == Lines{"0 @1 created"});
}

TEST_CASE("a range that is empty is told so before an id that is taken") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a", .id = 5});
  CHECK(client.create({.key = "w", .range_end = "a", .id = 5}) ==
        Lines{"-1 @1 created canceled (mvcc: watcher range is empty)"});
}

TEST_CASE("an empty key is the key of one zero byte, with an open end all keys (27)") {
  WatchWorld world;
  WatchClient client(world);
  client.create({});
  client.create({.range_end = kOpen});
  world.put("a", "1");
  world.put(kOpen, "2");
  CHECK(client.take() == Lines{"1 @2 a=1 (2,2,1)", "0 @3 " + kOpen + "=2 (3,3,1)", "1 @3 " + kOpen + "=2 (3,3,1)"});
}

TEST_CASE("a watch that begins in the future is silent until then (92)") {
  WatchWorld world;
  WatchClient client(world);
  CHECK(client.create({.key = "a", .start = 4}) == Lines{"0 @1 created"});
  CHECK(client.create({.key = "a", .start = 1'000'000}) == Lines{"1 @1 created"});
  world.put("a", "1");
  world.put("a", "2");
  CHECK(client.take() == Lines{});
  world.put("a", "3");
  CHECK(client.take() == Lines{"0 @4 a=3 (2,4,3)"});
}

TEST_CASE("a live watch is told of each revision in a response of its own") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a"});
  world.put("a", "1");
  world.put("b", "2");
  world.transact([](store::Transaction& t) { t.grant(LeaseId(9), 100); });
  world.put("a", "3", LeaseId(9));
  CHECK(client.take() == Lines{"0 @2 a=1 (2,2,1)", "0 @4 a=3 (2,4,2) lease 9"});
  world.remove("a");
  CHECK(client.take() == Lines{"0 @5 -a (5)"});
}

TEST_CASE("a range watch is told of the keys in it alone") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "/a/", .range_end = "/a0"});
  client.create({.key = "/b", .range_end = kOpen});
  for (const char* key : {"/a", "/a/", "/a/x", "/a0", "/b", "/c", "zz"}) world.put(key, "1");
  CHECK(client.take() == Lines{"0 @3 /a/=1 (3,3,1)", "0 @4 /a/x=1 (4,4,1)", "1 @6 /b=1 (6,6,1)", "1 @7 /c=1 (7,7,1)",
                               "1 @8 zz=1 (8,8,1)"});
}

TEST_CASE("a deletion names key and revision, and what was there when asked (94)") {
  WatchWorld world;
  WatchClient client(world);
  world.put("a", "1");
  world.put("a", "2");
  client.create({.key = "a"});
  client.create({.key = "a", .prev_kv = true});
  client.take();
  world.remove("a");
  world.put("a", "3");
  world.put("a", "4");
  CHECK(client.take() == Lines{"1 @4 -a (4) <- 2 (2,3,2)", "0 @4 -a (4)", "1 @5 a=3 (5,5,1)", "0 @5 a=3 (5,5,1)",
                               "1 @6 a=4 (5,6,2) <- 3 (5,5,1)", "0 @6 a=4 (5,6,2)"});
}

TEST_CASE("a transaction's keys come in one response, those in the range (95)") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a", .range_end = "c"});
  client.create({.key = "b"});
  client.create({.key = "d"});
  world.transact([](store::Transaction& t) {
    for (const char* key : {"b", "x", "a"}) store::StoreFixture::append_put(t, key, "1");
  });
  CHECK(client.take() == Lines{"0 @2 b=1 (2,2,1) a=1 (2,2,1)", "1 @2 b=1 (2,2,1)"});
}

TEST_CASE("revisions published together are told one by one") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a", .range_end = "c"});
  const auto put = [](const char* key) {
    return [key](store::Transaction& t) { store::StoreFixture::append_put(t, key, "1"); };
  };
  world.group({put("a"), put("x"), put("b"), put("a")});
  CHECK(client.take() == Lines{"0 @2 a=1 (2,2,1)", "0 @4 b=1 (4,4,1)", "0 @5 a=1 (2,5,2)"});
}

TEST_CASE("a key changed twice in a transaction: what was before is what was at the revision before") {
  for (const bool from_log : {false, true}) {
    CAPTURE(from_log);
    WatchWorld world;
    WatchClient client(world);
    world.put("b", "old");
    if (!from_log) client.create({.key = "a", .range_end = kOpen, .prev_kv = true});
    world.transact([](store::Transaction& t) {
      store::StoreFixture::append_delete(t, store::Family::kKey, "b");
      store::StoreFixture::append_put(t, "b", "new");
    });
    world.transact([](store::Transaction& t) {
      store::StoreFixture::append_put(t, "b", "newer");
      store::StoreFixture::append_put(t, "q", "1");
      store::StoreFixture::append_delete(t, store::Family::kKey, "b");
      store::StoreFixture::append_delete(t, store::Family::kKey, "q");
    });
    if (from_log) client.send_only(WatchClient::request({.key = "a", .range_end = kOpen, .start = 3, .prev_kv = true}));
    const std::string third = "-b (3) <- old (2,2,1) b=new (3,3,1)";
    const std::string fourth = "b=newer (3,4,2) <- new (3,3,1) q=1 (4,4,1) -b (4) <- new (3,3,1) -q (4)";
    const Lines lines = client.take();
    REQUIRE(!lines.empty());
    std::string all;
    for (size_t i = 0; i < lines.size(); ++i) all += lines[i].substr(lines[i].find(' ', 2));
    CHECK(all.ends_with(" " + third + " " + fourth));
  }
}

TEST_CASE("keys that go with a directory are told with what they were") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "/d/", .range_end = "/d0", .prev_kv = true});
  client.create({.key = "/d/", .range_end = "/d0"});
  world.put("/d/x", "1");
  world.put("/d/y", "2");
  client.take();
  world.transact([](store::Transaction& t) {
    t.begin_event();
    t.append({.family = store::Family::kDirectory, .action = store::Action::kDelete, .key = "/d", .tombstone = true});
    for (const char* key : {"/d/x", "/d/y"})
      t.append({.action = store::Action::kDelete, .key = key, .tombstone = true});
  });
  world.put("/d/z", "3");
  CHECK(client.take() == Lines{"1 @4 -/d/x (4) -/d/y (4)", "1 @5 /d/z=3 (5,5,1)",
                               "0 @5 -/d/x (4) <- 1 (2,2,1) -/d/y (4) <- 2 (3,3,1) /d/z=3 (5,5,1)"});
}

TEST_CASE("filters keep puts or deletions away, both keep silence (31)") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a", .no_put = true});
  client.create({.key = "a", .no_delete = true});
  CHECK(client.create({.key = "a", .no_put = true, .no_delete = true}) == Lines{"2 @1 created"});
  client.take();
  world.put("a", "1");
  world.remove("a");
  world.transact([](store::Transaction& t) {
    store::StoreFixture::append_put(t, "a", "2");
    store::StoreFixture::append_delete(t, store::Family::kKey, "a");
  });
  CHECK(client.take() == Lines{"1 @2 a=1 (2,2,1)", "0 @3 -a (3)", "1 @4 a=2 (4,4,1)", "0 @4 -a (4)"});
  CHECK(client.create({.key = "a", .start = 2, .no_put = true}) == Lines{"3 @4 created", "3 @4 -a (3) -a (4)"});
  CHECK(client.create({.key = "a", .start = 2, .no_delete = true}) ==
        Lines{"4 @4 created", "4 @4 a=1 (2,2,1) a=2 (4,4,1)"});
}

TEST_CASE("a cancelled watch is answered once, an unknown id never (99)") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a"});
  CHECK(client.cancel(4) == Lines{});
  CHECK(client.cancel(0) == Lines{"0 @1 canceled"});
  CHECK(client.cancel(0) == Lines{});
  world.put("a", "1");
  CHECK(client.take() == Lines{});
  CHECK(world.engine.hub().size() == 0);
  CHECK(world.counters.watches == 0);
}

TEST_CASE("what is no request is ignored (102), and a stream goes on after half of it was closed (30)") {
  WatchWorld world;
  WatchClient client(world);
  CHECK(client.send({}) == Lines{});
  client.create({.key = "a"});
  world.on_loop([&] { client.inbound().on_half_close(); });
  world.put("a", "1");
  CHECK(client.take() == Lines{"0 @2 a=1 (2,2,1)"});
}

TEST_CASE("many watches of one range are one for the hub, and each is told") {
  WatchWorld world;
  WatchClient one(world), other(world);
  for (int i = 0; i < 3; ++i) one.create({.key = "a", .range_end = "b"});
  other.create({.key = "a", .range_end = "b"});
  CHECK(world.engine.hub().size() == 1);
  world.put("a", "1");
  CHECK(one.take().size() == 3);
  CHECK(other.take() == Lines{"0 @2 a=1 (2,2,1)"});
  one.leave();
  CHECK(world.engine.hub().size() == 1);
  CHECK(world.counters.watches == 1);
  other.leave();
  CHECK(world.engine.hub().size() == 0);
  CHECK(world.counters.watches == 0);
  CHECK(world.counters.streams == 0);
  CHECK(world.counters.events == 4);
}

TEST_CASE("a stream that the server ends says why") {
  WatchWorld world;
  WatchClient client(world);
  world.on_loop([&] { client.inbound().on_shutdown(); });
  REQUIRE(client.said().end);
  CHECK(*client.said().end == Status{StatusCode::kUnavailable, "etcdserver: server stopped"});
}

TEST_CASE("a stream and a member have only so many watches, at the limit and one more") {
  WatchOptions options;
  options.watches_per_stream = 2;
  options.watches = 3;
  WatchWorld world(options);
  WatchClient one(world), other(world);
  CHECK(one.create({.key = "a"}) == Lines{"0 @1 created"});
  CHECK(one.create({.key = "a"}) == Lines{"1 @1 created"});
  CHECK(one.create({.key = "a"}) == Lines{"-1 @1 created canceled (etcdserver: too many watchers on this stream)"});
  CHECK(other.create({.key = "a"}) == Lines{"0 @1 created"});
  CHECK(other.create({.key = "a"}) == Lines{"-1 @1 created canceled (etcdserver: too many watchers on this member)"});
  CHECK(world.counters.stream_limit == 1);
  CHECK(world.counters.member_limit == 1);
  one.cancel(0);
  CHECK(other.create({.key = "a"}) == Lines{"1 @1 created"});
}

}  // namespace viaduct::v3
