// Progress: asked for and by itself, never ahead of an event (INV-W6, INV-W7, RB-49).
#include <doctest/doctest.h>

#include "test/v3/watch_world.h"

namespace viaduct::v3 {
namespace {

const std::string kOpen(1, '\0');

etcdserverpb::WatchRequest progress() {
  etcdserverpb::WatchRequest request;
  request.mutable_progress_request();
  return request;
}

WatchOptions every_second() {
  WatchOptions options;
  options.progress_interval = std::chrono::seconds(1);
  return options;
}

constexpr std::chrono::milliseconds kTick{1100};  // with all the jitter there may be

}  // namespace

TEST_CASE("progress is the current revision once asked, with and without watches (100)") {
  WatchWorld world;
  WatchClient client(world);
  CHECK(client.ask_progress() == Lines{"-1 @1"});
  client.create({.key = "a"});
  CHECK(client.ask_progress() == Lines{"-1 @1"});
  world.put("b", "1");
  CHECK(client.ask_progress() == Lines{"-1 @2"});
  client.send_only(progress());
  client.send_only(progress());
  CHECK(client.ask_progress() == Lines{"-1 @2", "-1 @2", "-1 @2"});
}

// Known bug: RB-49.
TEST_CASE("progress comes behind the events up to it, also those that are not published yet") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a"});
  client.take();
  world.hold_back();
  world.put("a", "1");
  CHECK(client.ask_progress() == Lines{});
  client.send_only(progress());
  world.put("a", "2");
  client.send_only(progress());
  world.publish();
  CHECK(client.take() == Lines{"0 @2 a=1 (2,2,1)", "0 @3 a=2 (2,3,2)", "-1 @3", "-1 @3", "-1 @3"});
}

// Known bug: RB-49.
TEST_CASE("progress waits for a watch that catches up, and names what is true then") {
  WatchWorld world;
  WatchClient client(world);
  world.put("a", "1");
  world.put("a", "2");
  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.send_only(progress());
  world.run_loop();
  CHECK(client.take_now() == Lines{"0 @3 created"});
  world.put("a", "3");
  CHECK(client.take() == Lines{"0 @4 a=1 (2,2,1) a=2 (2,3,2) a=3 (2,4,3)", "-1 @4"});
}

TEST_CASE("progress that waits for a watch comes when that is cancelled, or compacted away") {
  WatchWorld world;
  WatchClient client(world);
  world.put("a", "1");
  world.put("a", "2");
  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.send_only(progress());
  world.run_loop();
  etcdserverpb::WatchRequest cancel;
  cancel.mutable_cancel_request()->set_watch_id(0);
  client.send_only(cancel);
  CHECK(client.take() == Lines{"0 @3 created", "0 @3 canceled", "-1 @3"});

  client.send_only(WatchClient::request({.key = "a", .start = 2}));
  client.send_only(progress());
  world.run_loop();
  world.compact(3);
  CHECK(client.take() == Lines{"1 @3 created", "1 @0 canceled compacted 3", "-1 @3"});
}

TEST_CASE("progress waits until the head is where a watch begins") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a", .start = 4});
  CHECK(client.ask_progress() == Lines{});
  world.put("b", "1");
  world.put("b", "2");
  CHECK(client.take() == Lines{});
  CHECK(client.ask_progress() == Lines{});
  world.put("b", "3");
  CHECK(client.take() == Lines{"-1 @4", "-1 @4"});
  CHECK(client.ask_progress() == Lines{"-1 @4"});
}

TEST_CASE("progress does not wait for a future watch that was cancelled") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a", .start = 4});
  client.cancel(0);
  CHECK(client.ask_progress() == Lines{"-1 @1"});
}

TEST_CASE("notices come each interval to watches that want them and had no event since (101)") {
  WatchWorld world(every_second());
  WatchClient client(world);
  client.create({.key = "a", .progress_notify = true});
  client.create({.key = "a"});
  world.pass(std::chrono::milliseconds(999));
  CHECK(client.take() == Lines{});
  world.pass(kTick);
  CHECK(client.take() == Lines{"0 @1"});
  world.put("b", "1");
  world.pass(kTick);
  CHECK(client.take() == Lines{"0 @2"});
  world.put("a", "1");
  CHECK(client.take() == Lines{"1 @3 a=1 (3,3,1)", "0 @3 a=1 (3,3,1)"});
  world.pass(kTick);
  CHECK(client.take() == Lines{});
  world.pass(kTick);
  CHECK(client.take() == Lines{"0 @3"});
  client.cancel(0);
  world.pass(kTick);
  world.pass(kTick);
  CHECK(client.take() == Lines{});
}

TEST_CASE("a notice does not overtake an event that is on its way") {
  WatchWorld world(every_second());
  WatchClient client(world);
  client.create({.key = "a", .progress_notify = true});
  client.create({.key = "c", .progress_notify = true});
  client.take();
  world.hold_back();
  world.put("a", "1");
  world.pass(kTick);
  CHECK(client.take() == Lines{});
  world.publish();
  CHECK(client.take() == Lines{"0 @2 a=1 (2,2,1)", "1 @2"});
}

// Known bug: RB-49.
TEST_CASE("a watch that catches up or begins in the future gets no notice") {
  WatchWorld world(every_second());
  WatchClient client(world);
  world.put("a", "1");
  client.create({.key = "a", .start = 9, .progress_notify = true});
  client.send_only(WatchClient::request({.key = "a", .start = 2, .progress_notify = true}));
  world.clock.advance(kTick);
  world.on_loop([&] { world.loop().sweep(); });
  world.run_loop();
  CHECK(client.take_now() == Lines{"1 @2 created"});
  CHECK(client.take() == Lines{"1 @2 a=1 (2,2,1)"});
  world.pass(kTick);
  CHECK(client.take() == Lines{});
  world.pass(kTick);
  CHECK(client.take() == Lines{"1 @2"});
}

TEST_CASE("neither progress nor notices are said to a client that does not read") {
  WatchOptions options = every_second();
  options.stream_bytes = 1000;
  WatchWorld world(options);
  WatchClient client(world);
  client.create({.key = "a", .progress_notify = true});
  client.take();
  client.set_backlog(10'000);
  world.put("a", std::string(70'000, 'v'));
  CHECK(client.take().size() == 1);
  world.pass(kTick);
  world.pass(kTick);
  CHECK(client.ask_progress() == Lines{});
  client.drain();
  CHECK(client.take() == Lines{"-1 @2"});
  world.pass(kTick);
  CHECK(client.take() == Lines{});  // it was told of an event
  world.pass(kTick);
  CHECK(client.take() == Lines{"0 @2"});
}

TEST_CASE("requests for progress that cannot be answered yet do not grow without bound") {
  WatchWorld world;
  WatchClient client(world);
  client.create({.key = "a", .start = 3});
  client.take();
  world.on_loop([&] {
    for (int i = 0; i < 5000; ++i) {
      auto request = progress();
      client.inbound().on_message(request);
    }
  });
  world.put("b", "1");
  world.put("b", "2");
  const size_t answers = client.take().size();
  CHECK(answers > 0);
  CHECK(answers <= 2000);
}

}  // namespace viaduct::v3
