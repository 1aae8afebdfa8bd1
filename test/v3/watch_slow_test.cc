// Clients that do not read: bounded memory, no loss, no delay for others (INV-W10, INV-W11, RB-51).
#include <doctest/doctest.h>

#include "test/v3/watch_world.h"

namespace viaduct::v3 {
namespace {

WatchOptions narrow() {
  WatchOptions options;
  options.stream_bytes = 1000;
  options.watch_bytes = 200;
  return options;
}

// The revisions of the events that were told of one watch.
std::vector<int64_t> revisions(WatchClient& client, int64_t id) {
  std::vector<int64_t> all;
  for (const auto& response : client.responses()) {
    if (response.watch_id() != id) continue;
    for (const mvccpb::Event& event : response.events()) all.push_back(event.kv().mod_revision());
  }
  return all;
}

std::vector<int64_t> from_to(int64_t first, int64_t last) {
  std::vector<int64_t> all;
  for (; first <= last; ++first) all.push_back(first);
  return all;
}

}  // namespace

TEST_CASE("a client that does not read is told no more, not listened to, and told all once it has read") {
  WatchWorld world(narrow());
  WatchClient client(world);
  client.create({.key = "a"});
  client.take();
  client.set_backlog(1001);
  for (int i = 0; i < 100; ++i) world.put("a", std::string(100, 'v'));
  world.settle();
  CHECK(client.said().messages.size() < 5);
  CHECK(client.said().input_paused);
  CHECK(world.engine.hub().size() == 0);
  CHECK(world.engine.queued().size() == 0);
  CHECK(world.counters.behind == 1);
  client.drain();
  CHECK(!client.said().input_paused);
  CHECK(revisions(client, 0) == from_to(2, 101));
  CHECK(world.counters.behind == 0);
  world.put("a", "live");
  CHECK(client.take() == Lines{"0 @102 a=live (2,102,101)"});
}

TEST_CASE("on a stream that drains slowly the busy watch waits, the quiet one is told at once") {
  WatchWorld world(narrow());
  WatchClient client(world);
  client.create({.key = "busy"});
  client.create({.key = "quiet"});
  client.take();
  client.set_backlog(500);  // less than a full stream
  for (int i = 0; i < 20; ++i) world.put("busy", std::string(100, 'v'));
  world.put("quiet", "1");
  world.settle();
  const Lines lines = client.take_now();
  CHECK(lines.size() < 10);
  CHECK(lines.back() == "1 @22 quiet=1 (22,22,1)");
  CHECK(world.counters.behind == 1);
  client.drain();
  const std::vector<int64_t> later = revisions(client, 0);
  CHECK(later == from_to(static_cast<int64_t>(2 + lines.size() - 1), 21));
}

// Known bug: RB-52.
TEST_CASE("a client that does not read delays no other stream") {
  WatchWorld world(narrow());
  WatchClient slow(world), fast(world);
  slow.create({.key = "a"});
  fast.create({.key = "a"});
  fast.take();
  slow.set_backlog(5000);
  for (int i = 0; i < 50; ++i) world.put("a", std::string(100, 'v'));
  CHECK(revisions(fast, 0) == from_to(2, 51));
  CHECK(world.counters.behind == 1);
}

TEST_CASE("history that is not read is not read from the log either") {
  WatchWorld world(narrow());
  WatchClient client(world);
  for (int i = 0; i < 2500; ++i) world.put("a", "v");
  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.set_backlog(300);
  world.settle();
  CHECK(client.take_now().size() == 3);  // two created, one part of the first history
  CHECK(world.engine.queued().size() == 0);
  size_t events = 1000;
  for (int i = 0; i < 5; ++i) {
    client.drain();
    client.set_backlog(300);
    world.settle();
    for (const auto& response : client.responses()) events += static_cast<size_t>(response.events_size());
  }
  CHECK(events == 5000);
}

TEST_CASE("compaction cancels the watch that lags behind it, and no other") {
  WatchWorld world(narrow());
  WatchClient client(world);
  client.create({.key = "a"});
  client.create({.key = "b"});
  client.take();
  client.set_backlog(500);
  for (int i = 0; i < 20; ++i) world.put("a", std::string(100, 'v'));
  world.settle();
  client.take_now();
  world.compact(20);
  world.put("b", "1");
  CHECK(client.take() == Lines{"1 @22 b=1 (22,22,1)"});
  client.drain();
  CHECK(client.take() == Lines{"0 @0 canceled compacted 20"});
  world.put("a", "1");
  world.put("b", "2");
  CHECK(client.take() == Lines{"1 @24 b=2 (22,24,2)"});
}

// Known bug: RB-51.
TEST_CASE("a loop that does not keep up holds only so many events, and its watches read the rest from the log") {
  WatchOptions options;
  options.loop_bytes = 10'000;
  WatchWorld world(options);
  WatchClient client(world);
  client.create({.key = "a"});
  client.create({.key = "a", .range_end = "b", .prev_kv = true});
  client.create({.key = "z", .progress_notify = true});
  client.take();
  etcdserverpb::WatchRequest progress;
  progress.mutable_progress_request();
  world.on_loop([&] {  // which is busy meanwhile
    for (int i = 0; i < 100; ++i) world.put("a", std::string(200, 'v'));
    client.inbound().on_message(progress);
  });
  world.run_loop();
  CHECK(world.counters.overruns == 1);
  CHECK(world.engine.queued().size() > 0);
  world.put("a", "more");
  std::vector<int64_t> told[2];
  for (const auto& response : client.responses()) {
    if (response.watch_id() == -1) {
      CHECK(response.header().revision() >= 101);
      CHECK(told[0].size() == 101);
      CHECK(told[1].size() == 101);
      continue;
    }
    for (const mvccpb::Event& event : response.events()) {
      told[response.watch_id()].push_back(event.kv().mod_revision());
    }
  }
  for (const auto& revisions_told : told) CHECK(revisions_told == from_to(2, 102));
  world.put("z", "1");
  CHECK(client.take() == Lines{"2 @103 z=1 (103,103,1)"});
}

TEST_CASE("progress asked for by a client that does not read waits with the rest") {
  WatchWorld world(narrow());
  WatchClient client(world);
  client.create({.key = "a"});
  client.take();
  client.set_backlog(2000);
  for (int i = 0; i < 3; ++i) world.put("a", std::string(300, 'v'));
  world.settle();
  const size_t told = client.take_now().size();
  CHECK(told < 3);
  CHECK(client.ask_progress() == Lines{});
  client.drain();
  const Lines lines = client.take();
  REQUIRE(lines.size() == 2);
  CHECK(lines.back() == "-1 @4");
}

}  // namespace viaduct::v3
