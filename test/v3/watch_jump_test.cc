// Watches of a member whose state is replaced by a later one from the leader: none loses, repeats or goes back (RB-50,
// INV-W6).
#include <doctest/doctest.h>

#include <algorithm>

#include "test/store/store_copy.h"
#include "test/v3/watch_world.h"

namespace viaduct::v3 {
namespace {

// The leader, which has all that the world has, and then more.
class Leader {
 public:
  explicit Leader(WatchWorld& world) : world_(world) {
    store.replace_with(store::copy_of(*world.engine.fixture, disk_, next_directory()));
  }

  void put(const std::string& key, const std::string& value) { store.put(key, value); }
  void remove(const std::string& key) { store.remove(key); }

  // What the apply thread does with its snapshot.
  void swap_store() {
    world_.engine.fixture.replace_with(store::copy_of(*store, disk_, next_directory()),
                                       [](std::unique_ptr<store::Store>) {});
  }
  void tell_hub() { world_.engine.hub().jump(store.numbers().seq); }
  void install() {
    swap_store();
    tell_hub();
  }

  store::StoreFixture store;

 private:
  std::string next_directory() { return directory_.path() + "/" + std::to_string(++copies_); }

  WatchWorld& world_;
  PosixDisk disk_;
  TemporaryDirectory directory_;
  int copies_ = 0;
};

// With "a" at revision 2.
struct World : WatchWorld {
  explicit World(WatchOptions options = {}) : WatchWorld(options) { put("a", "1"); }
};

// In which order watches are told is nobody's business.
Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

// Known bug: RB-50.
TEST_CASE("a live watch is told what it missed, then goes on live") {
  World world;
  Leader leader(world);
  WatchClient client(world);
  client.create({.key = "a"});
  client.create({.key = "a", .range_end = "c", .prev_kv = true});
  client.create({.key = "a", .no_put = true});
  leader.put("a", "2");
  leader.put("b", "1");
  leader.remove("a");
  leader.install();
  CHECK(sorted(client.take()) == Lines{"0 @5 a=2 (2,3,2) -a (5)",
                                       "1 @5 a=2 (2,3,2) <- 1 (2,2,1) b=1 (4,4,1) -a (5) <- 2 (2,3,2)", "2 @5 -a (5)"});
  CHECK(world.counters.behind == 0);
  world.put("a", "3");
  CHECK(sorted(client.take()) == Lines{"0 @6 a=3 (6,6,1)", "1 @6 a=3 (6,6,1)"});
}

TEST_CASE("of those that missed something the key that was watched first is told first, whatever the addresses") {
  World world;
  Leader leader(world);
  WatchClient client(world);
  Lines in_order;
  for (int i = 0; i < 7; ++i) {
    const std::string number = std::to_string(i);
    client.create({.key = "k" + number});
    leader.put("k" + number, "1");
    const std::string revision = std::to_string(3 + i);
    in_order.push_back(number + " @9 k" + number + "=1 (" + revision + "," + revision + ",1)");
  }
  leader.install();
  CHECK(client.take() == in_order);
}

// Known bug: RB-50.
TEST_CASE("a live watch that lost events to compaction is cancelled with the point; one that starts later stays") {
  World world;
  Leader leader(world);
  WatchClient client(world);
  client.create({.key = "a"});
  client.create({.key = "a", .start = 5});
  client.create({.key = "a", .start = 6});
  client.create({.key = "a", .start = 9});
  leader.put("a", "2");
  leader.put("a", "3");
  leader.put("a", "4");
  leader.put("a", "5");
  leader.store.compact(4);
  leader.install();
  CHECK(sorted(client.take()) ==
        Lines{"0 @0 canceled compacted 4", "1 @6 a=4 (2,5,4) a=5 (2,6,5)", "2 @6 a=5 (2,6,5)"});
  world.put("a", "6");
  world.put("a", "7");
  CHECK(sorted(client.take()) == Lines{"1 @7 a=6 (2,7,6)", "1 @8 a=7 (2,8,7)", "2 @7 a=6 (2,7,6)", "2 @8 a=7 (2,8,7)"});
  world.put("a", "8");
  CHECK(client.take().size() == 3);
}

TEST_CASE("a watch that starts beyond the new head stays silent until the head is there") {
  World world;
  Leader leader(world);
  WatchClient client(world);
  client.create({.key = "a", .start = 5});
  leader.put("a", "2");
  leader.put("a", "3");
  leader.store.compact(4);
  leader.install();
  CHECK(client.take().empty());
  world.put("a", "4");
  CHECK(client.take() == Lines{"0 @5 a=4 (2,5,4)"});
}

TEST_CASE("a watch that is still catching up goes on in the new state, from where it was") {
  struct Case {
    const char* name;
    uint64_t compacted;
    Lines told;
  };
  for (const Case& c : {Case{"all kept", 0, {"0 @4 a=1 (2,2,1) a=2 (2,3,2) a=3 (2,4,3)"}},
                        Case{"its next one compacted", 3, {"0 @0 canceled compacted 3"}}}) {
    CAPTURE(c.name);
    World world;
    Leader leader(world);
    WatchClient client(world);
    client.send_only(WatchClient::request({.key = "a", .start = 2}));
    world.run_loop();  // its reading waits for a reader
    client.take_now();
    leader.put("a", "2");
    leader.put("a", "3");
    if (c.compacted) leader.store.compact(c.compacted);
    leader.install();
    CHECK(client.take() == c.told);
  }
}

TEST_CASE("a watch that read the old state to its end, while that was replaced, misses nothing") {
  for (const bool hub_knows : {false, true}) {
    CAPTURE(hub_knows);
    World world;
    Leader leader(world);
    WatchClient client(world);
    client.send_only(WatchClient::request({.key = "a", .start = 2}));
    world.run_loop();
    world.on_loop([&] {  // which hears of the reading only after this
      while (world.engine.queued().run_one()) {
      }
      leader.put("a", "2");
      leader.swap_store();
      if (hub_knows) leader.tell_hub();
    });
    world.run_loop();
    if (!hub_knows) leader.tell_hub();
    const Lines lines = client.take();
    CHECK(lines.front() == "0 @2 created");
    CHECK(Lines(lines.begin() + 1, lines.end()) == Lines{"0 @3 a=1 (2,2,1)", "0 @3 a=2 (2,3,2)"});
    world.put("a", "3");
    CHECK(client.take() == Lines{"0 @4 a=3 (2,4,3)"});
  }
}

TEST_CASE("a watch created between the exchange and the hub's jump begins behind the new head") {
  World world;
  Leader leader(world);
  WatchClient client(world);
  leader.put("a", "2");
  leader.swap_store();
  CHECK(client.create({.key = "a"}) == Lines{"0 @3 created"});
  CHECK(client.create({.key = "a", .start = 3}) == Lines{"1 @3 created"});
  leader.tell_hub();
  CHECK(client.take() == Lines{"1 @3 a=2 (2,3,2)"});
  world.put("a", "3");
  CHECK(client.take().size() == 2);
}

TEST_CASE("events of the same loop turn as the jump come behind what was missed") {
  World world;
  Leader leader(world);
  WatchClient client(world);
  client.create({.key = "a"});
  client.take();
  leader.put("a", "2");
  world.on_loop([&] {  // so that the loop sees nothing before all is posted
    leader.install();
    world.put("a", "3");
    world.put("a", "4");
  });
  CHECK(client.take() == Lines{"0 @5 a=2 (2,3,2) a=3 (2,4,3) a=4 (2,5,4)"});
}

TEST_CASE("progress is said once what was missed has been told, and never lower than before") {
  World world;
  Leader leader(world);
  WatchClient client(world);
  client.create({.key = "a"});
  client.take();
  CHECK(client.ask_progress() == Lines{"-1 @2"});
  leader.put("a", "2");
  leader.put("b", "1");
  leader.swap_store();
  etcdserverpb::WatchRequest request;
  request.mutable_progress_request();
  client.send_only(request);
  world.run_loop();
  CHECK(client.take_now().empty());
  leader.tell_hub();
  CHECK(client.take() == Lines{"0 @4 a=2 (2,3,2)", "-1 @4"});
}

TEST_CASE("notices by themselves wait for what was missed") {
  WatchOptions options;
  options.progress_interval = std::chrono::minutes(1);
  World world(options);
  Leader leader(world);
  WatchClient client(world);
  client.create({.key = "a", .progress_notify = true});
  client.take();
  leader.put("a", "2");
  leader.install();
  world.pass(std::chrono::minutes(2));
  CHECK(client.take().front() == "0 @3 a=2 (2,3,2)");
  for (int i = 0; i < 3; ++i) world.pass(std::chrono::minutes(2));
  const Lines notices = client.take();
  CHECK_FALSE(notices.empty());
  for (const std::string& notice : notices) CHECK(notice == "0 @3");
}

TEST_CASE("a client that does not read is told all it missed when it has read, from either state") {
  WatchOptions options;
  options.stream_bytes = 1000;
  options.watch_bytes = 200;
  World world(options);
  WatchClient client(world);
  client.create({.key = "a"});
  client.take();
  client.set_backlog(1001);
  const std::string value(100, 'v');
  for (int i = 0; i < 5; ++i) world.put("a", value);
  world.settle();
  Leader leader(world);
  for (int i = 0; i < 3; ++i) leader.put("a", value);
  leader.install();
  world.settle();
  CHECK(client.said().input_paused);
  CHECK(world.counters.behind == 1);
  client.drain();
  std::vector<int64_t> revisions;
  for (const auto& response : client.responses()) {
    for (const mvccpb::Event& event : response.events()) revisions.push_back(event.kv().mod_revision());
  }
  CHECK(revisions == std::vector<int64_t>{3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(world.counters.behind == 0);
}

}  // namespace viaduct::v3
