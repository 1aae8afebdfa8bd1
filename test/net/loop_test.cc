#include "net/loop.h"

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

#include "test/net/server_harness.h"

using namespace viaduct;
using namespace viaduct::net;
using namespace std::chrono_literals;

namespace {

struct EndAtShutdown : StreamObserver {
  void on_gone(ReplyHandle) override { ++gone; }
  void on_drained(ReplyHandle) override {}
  void on_shutdown(ReplyHandle handle) override {
    if (ends) handle.loop->end_stream(handle);
  }
  bool ends = true;
  std::atomic<int> gone{0};
};

}  // namespace

TEST_CASE("tasks run on the loop's thread in the order posted") {
  const TestClock clock;
  const Limits limits;
  Counters counters;
  Loop loop(clock, limits, counters);
  std::vector<int> ran;
  std::promise<void> last;
  for (int i = 0; i < 1000; ++i) {
    loop.post_function([&, i] {
      CHECK(loop.in_loop_thread());
      ran.push_back(i);
      if (i == 999) last.set_value();
    });
  }
  CHECK_FALSE(loop.in_loop_thread());
  loop.start();
  last.get_future().wait();
  loop.stop();
  REQUIRE(ran.size() == 1000);
  CHECK(std::is_sorted(ran.begin(), ran.end()));
}

TEST_CASE("a task posted by a task runs too, and one posted after the end is destroyed unrun") {
  const TestClock clock;
  const Limits limits;
  Counters counters;
  Loop loop(clock, limits, counters);
  loop.start();
  std::promise<void> inner;
  loop.post_function([&] { loop.post_function([&] { inner.set_value(); }); });
  inner.get_future().wait();
  loop.stop();
  const auto token = std::make_shared<int>(1);
  bool ran = false;
  loop.post_function([&ran, token] { ran = true; });
  CHECK_FALSE(ran);
  CHECK(token.use_count() == 1);
}

TEST_CASE("shutting down closes idle connections, answers requests and ends streams") {
  EndAtShutdown observer;
  std::promise<ReplyHandle> slow;
  Server server([&](Loop& loop, Request&& request, ReplyHandle handle) {
    if (request.raw_path() == "/slow") return slow.set_value(handle);
    if (request.raw_path() != "/watch") return echo(loop, std::move(request), handle);
    loop.observe(handle, &observer);
    loop.start_stream(handle, StreamHead());
  });
  Client idle(server.address());
  CHECK(idle.get("/") == "/");
  Client watcher(server.address());
  watcher.send("GET /watch HTTP/1.1\r\nHost: h\r\n\r\n");
  watcher.read_until("\r\n\r\n");
  Client waiting(server.address());
  waiting.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  const ReplyHandle handle = slow.get_future().get();
  server.listener->stop();
  std::thread shutdown([&] { server.loops.shut_down(1h); });
  CHECK(idle.read_to_end() == "");
  CHECK(watcher.read_to_end() == "0\r\n\r\n");
  server.on_loop([&] { server.loop().reply(handle, Reply()); });
  CHECK(waiting.read_to_end().find("Connection: close\r\n") != std::string::npos);
  idle.close();
  watcher.close();
  waiting.close();
  shutdown.join();
  CHECK(server.count(&Counters::connections_open) == 0);
  CHECK(observer.gone == 0);
}

TEST_CASE("what does not end in time at shutdown is cut off") {
  EndAtShutdown observer;
  observer.ends = false;
  Server server([&](Loop& loop, Request&&, ReplyHandle handle) {
    loop.observe(handle, &observer);
    loop.start_stream(handle, StreamHead());
  });
  Client watcher(server.address());
  watcher.send("GET /watch HTTP/1.1\r\nHost: h\r\n\r\n");
  watcher.read_until("\r\n\r\n");
  std::promise<void> begun;
  std::promise<void> finished;
  server.loop().post_function([&] {
    server.loop().begin_shutdown(5s, [&] { finished.set_value(); });
    begun.set_value();
  });
  begun.get_future().wait();
  server.pass(4s);
  CHECK(server.count(&Counters::connections_open) == 1);
  server.pass(1s);
  finished.get_future().wait();
  CHECK(watcher.read_to_end() == "");
  CHECK(observer.gone == 1);
}

TEST_CASE("a timer runs on the loop's clock, and not when it was cancelled") {
  Server server;
  std::atomic<int> ran{0};
  server.on_loop([&] {
    Loop& loop = server.loop();
    loop.start_timer(loop.now() + 10s, [&] {
      CHECK(loop.in_loop_thread());
      ++ran;
    });
    loop.cancel_timer(loop.start_timer(loop.now() + 5s, [&] { ran += 100; }));
  });
  server.pass(10s - 1ns);
  CHECK(ran == 0);
  server.pass(1ns);
  CHECK(ran == 1);
  server.pass(1h);
  CHECK(ran == 1);
}

TEST_CASE("a timer nearer than the next sweep does not wait for it") {
  const SystemClock clock;
  Limits limits;
  limits.sweep_interval = std::chrono::hours(1);
  Counters counters;
  Loop loop(clock, limits, counters);
  std::vector<int> ran;
  std::promise<void> last;
  loop.start();
  loop.post_function([&] {
    loop.start_timer(loop.now() + 3ms, [&] {
      ran.push_back(3);
      last.set_value();
    });
    loop.start_timer(loop.now() + 1ms, [&] { ran.push_back(1); });
    loop.start_timer(loop.now() + 2ms, [&] { ran.push_back(2); });
  });
  CHECK(last.get_future().wait_for(10s) == std::future_status::ready);
  loop.stop();
  CHECK(ran == std::vector{1, 2, 3});
}

TEST_CASE("stopping tells the observers of whoever still waits") {
  EndAtShutdown observer;
  {
    std::promise<void> parked;
    Server server([&](Loop& loop, Request&&, ReplyHandle handle) {
      loop.observe(handle, &observer);
      parked.set_value();
    });
    Client client(server.address());
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    parked.get_future().wait();
    server.listener.reset();
    server.loops.stop();
    CHECK(observer.gone == 1);
    CHECK(client.read_to_end() == "");
    server.listener = nullptr;
  }
}

TEST_CASE("connections are spread over the loops") {
  std::atomic<int> seen[2] = {0, 0};
  Server* self = nullptr;
  Server server(
      [&](Loop& loop, Request&& request, ReplyHandle handle) {
        ++seen[&loop == &self->loops.loop(0) ? 0 : 1];
        echo(loop, std::move(request), handle);
      },
      Limits(), ListenOptions(), 2);
  self = &server;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<Client>(server.address()));
    CHECK(clients.back()->get("/x") == "/x");
  }
  CHECK(seen[0] == 5);
  CHECK(seen[1] == 5);
}
