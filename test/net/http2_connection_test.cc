// HTTP/2 over real sockets: one port for both protocols, back-pressure, shutdown, deadlines.
#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include <future>
#include <string>
#include <vector>

#include "net/protocol.h"
#include "test/net/http2_client.h"
#include "test/net/server_harness.h"

using namespace viaduct;
using namespace viaduct::net;
using namespace std::chrono_literals;

namespace {

// An Http2Client with a socket.
struct Wire {
  explicit Wire(const Server& server, const Http2ClientOptions& options = {})
      : http2(options), socket(server.address()) {}

  void send() { socket.send(http2.output()); }
  // Talks until it is so; false when the server closes or 10 s pass.
  template <typename Condition>
  bool until(Condition condition) {
    send();
    while (!condition()) {
      const std::string bytes = socket.read_some();
      if (bytes.empty() || bytes.ends_with("(open)")) return false;
      http2.feed(bytes);
      send();
    }
    return true;
  }
  Http2Client::Answer& answer(uint32_t stream) {
    CHECK(until([&] { return http2.answer(stream).ended || http2.answer(stream).reset; }));
    return http2.answer(stream);
  }
  bool closed() {
    return !until([] { return false; });
  }

  Http2Client http2;
  Client socket;
};

// Keeps what it is asked; starts streams for /watch.
struct Keeper : StreamObserver {
  FunctionHandler::Answer answer() {
    return [this](Loop& loop, Request&& request, ReplyHandle handle) {
      if (request.raw_path() == "/echo") return echo(loop, std::move(request), handle);
      loop.observe(handle, this);
      if (request.raw_path() == "/watch") loop.start_stream(handle, StreamHead());
      handles.push_back(handle);
      ++kept;
    };
  }
  void on_gone(ReplyHandle) override { ++gone; }
  void on_drained(ReplyHandle handle) override {
    drained_stream = handle.stream;
    ++drained;
  }
  void on_shutdown(ReplyHandle handle) override { handle.loop->end_stream(handle); }

  std::vector<ReplyHandle> handles;  // the loop's
  std::atomic<int> kept{0};
  std::atomic<int> gone{0};
  std::atomic<int> drained{0};
  std::atomic<uint32_t> drained_stream{0};
};

}  // namespace

TEST_CASE("one port speaks HTTP/1 and HTTP/2, by the first bytes of each connection") {
  Server server;
  Wire wire(server);
  const uint32_t stream = wire.http2.ask("PUT", "/two", "body");
  CHECK(wire.answer(stream).body == "/twobody");
  CHECK(wire.http2.answer(stream).head["date"] == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(Client(server.address()).get("/one") == "/one");
  Client put(server.address());
  put.send("P");
  server.on_loop([] {});
  put.send("UT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  CHECK(put.read_reply().ends_with("/p"));
  const uint32_t again = wire.http2.ask("GET", "/again");
  CHECK(wire.answer(again).body == "/again");
}

TEST_CASE("a greeting may come byte by byte, and one that stays away is a slow head of HTTP/1") {
  Server server;
  Wire wire(server);
  const uint32_t stream = wire.http2.ask("GET", "/slow");
  for (const char byte : wire.http2.output()) wire.socket.send(std::string_view(&byte, 1));
  CHECK(wire.answer(stream).body == "/slow");
  wire.socket.close();
  REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 0; }));  // and all it sent is counted
  for (const auto& [part, status] :
       {std::pair(kHttp2Preface.substr(0, 1), "408"), std::pair(kHttp2Preface.substr(0, 14), "408"),
        std::pair(kHttp2Preface.substr(0, 23), "505")}) {
    Client silent(server.address());
    const uint64_t before = server.count(&Counters::bytes_in);
    silent.send(part);
    REQUIRE(eventually([&] { return server.count(&Counters::bytes_in) == before + part.size(); }));
    server.pass(10s - 1ns);
    CHECK(server.count(&Counters::connections_open) == 1);
    server.pass(1ns);
    CHECK(silent.read_to_end().starts_with(std::string("HTTP/1.1 ") + status));
    silent.close();
    REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 0; }));
  }
}

TEST_CASE("a stream that was found backed up is told when it has drained, and no other is") {
  Keeper keeper;
  Server server(keeper.answer());
  Http2ClientOptions options;
  options.takes_bodies = false;
  options.stream_window = 1000;
  Wire wire(server, options);
  const uint32_t slow = wire.http2.ask("GET", "/watch");
  const uint32_t quick = wire.http2.ask("GET", "/watch");
  REQUIRE(wire.until([&] { return wire.http2.answer(quick).head.size() > 0; }));
  server.on_loop([&] {
    Loop& loop = server.loop();
    loop.stream_chunk(keeper.handles.at(0), Blob(std::string(1500, 's')));
    loop.stream_chunk(keeper.handles.at(1), Blob(std::string(500, 'q')));
    for (const ReplyHandle& handle : keeper.handles) CHECK(loop.stream_backlog(handle) > 0);
  });
  REQUIRE(wire.until([&] { return wire.http2.answer(quick).body.size() == 500; }));
  REQUIRE(wire.until([&] { return wire.http2.answer(slow).body.size() == 1000; }));
  CHECK(eventually([&] { return keeper.drained == 1; }));
  CHECK(keeper.drained_stream == quick);
  server.on_loop([&] { CHECK(server.loop().stream_backlog(keeper.handles.at(0)) == 500); });
  wire.http2.take(slow, 1000);
  REQUIRE(wire.until([&] { return wire.http2.answer(slow).body.size() == 1500; }));
  CHECK(eventually([&] { return keeper.drained == 2; }));
  CHECK(keeper.drained_stream == slow);
}

TEST_CASE("a stream is cut off when more is said while its limit is unread, and the others live on") {
  for (const int over : {-1, 0, 1}) {
    CAPTURE(over);
    Limits limits;
    limits.output_limit_bytes = 100'000;
    Keeper keeper;
    Server server(keeper.answer(), limits);
    Http2ClientOptions options;
    options.takes_bodies = false;
    options.stream_window = 0;
    Wire wire(server, options);
    const uint32_t slow = wire.http2.ask("GET", "/watch");
    REQUIRE(wire.until([&] { return wire.http2.answer(slow).head.size() > 0; }));
    server.on_loop([&] {
      const ReplyHandle& handle = keeper.handles.at(0);
      server.loop().stream_chunk(handle, Blob(std::string(100'000 + static_cast<size_t>(over), 'x')));
      server.loop().stream_chunk(handle, Blob("one more"));
      CHECK(server.loop().is_open(handle) == (over <= 0));
    });
    CHECK(server.count(&Counters::output_overflows) == (over > 0 ? 1 : 0));
    if (over > 0) CHECK(wire.answer(slow).reset == NGHTTP2_ENHANCE_YOUR_CALM);
    CHECK(eventually([&] { return keeper.gone == (over > 0 ? 1 : 0); }));
    const uint32_t other = wire.http2.ask("HEAD", "/echo");
    CHECK(wire.answer(other).head[":status"] == "200");
  }
}

TEST_CASE("observers learn of resets, and of the end of the connection") {
  Keeper keeper;
  Server server(keeper.answer());
  Wire wire(server);
  const uint32_t first = wire.http2.ask("GET", "/watch");
  wire.http2.ask("GET", "/slow");
  REQUIRE(wire.until([&] { return wire.http2.answer(first).head.size() > 0; }));
  wire.http2.reset(first, NGHTTP2_CANCEL);
  wire.send();
  CHECK(eventually([&] { return keeper.gone == 1; }));
  server.on_loop([&] { CHECK_FALSE(server.loop().is_open(keeper.handles.at(0))); });
  wire.socket.close();
  CHECK(eventually([&] { return keeper.gone == 2; }));
  CHECK(eventually([&] { return server.count(&Counters::connections_open) == 0; }));
}

TEST_CASE("observing a stream whose client has reset it tells so soon, and frees its place") {
  Limits limits;
  limits.http2_streams = 1;
  std::promise<ReplyHandle> taken;
  Server server(
      [&](Loop& loop, Request&& request, ReplyHandle handle) {
        if (request.raw_path() == "/echo") return echo(loop, std::move(request), handle);
        taken.set_value(handle);
      },
      limits);
  Keeper keeper;
  Wire wire(server);
  const uint32_t stream = wire.http2.ask("GET", "/");
  wire.send();
  const ReplyHandle handle = taken.get_future().get();
  wire.http2.reset(stream, NGHTTP2_CANCEL);
  const uint32_t refused = wire.http2.ask("GET", "/echo");
  CHECK(wire.answer(refused).reset == NGHTTP2_REFUSED_STREAM);
  server.on_loop([&] { server.loop().observe(handle, &keeper); });
  CHECK(eventually([&] { return keeper.gone == 1; }));
  const uint32_t let_in = wire.http2.ask("GET", "/echo");
  CHECK(wire.answer(let_in).body == "/echo");
}

TEST_CASE("whoever asks whether a stream that was reset is open, owes it no answer") {
  Limits limits;
  limits.http2_streams = 1;
  std::promise<ReplyHandle> taken;
  Server server(
      [&](Loop& loop, Request&& request, ReplyHandle handle) {
        if (request.raw_path() == "/echo") return echo(loop, std::move(request), handle);
        taken.set_value(handle);
      },
      limits);
  Wire wire(server);
  const uint32_t stream = wire.http2.ask("GET", "/");
  wire.send();
  const ReplyHandle handle = taken.get_future().get();
  server.on_loop([&] { CHECK(server.loop().is_open(handle)); });
  wire.http2.reset(stream, NGHTTP2_CANCEL);
  const uint32_t refused = wire.http2.ask("GET", "/echo");
  CHECK(wire.answer(refused).reset == NGHTTP2_REFUSED_STREAM);
  server.on_loop([&] { CHECK_FALSE(server.loop().is_open(handle)); });
  const uint32_t let_in = wire.http2.ask("GET", "/echo");
  CHECK(wire.answer(let_in).body == "/echo");
}

TEST_CASE("shutting down ends streams, answers what is in flight and closes") {
  Keeper keeper;
  Server server(keeper.answer());
  Wire wire(server);
  const uint32_t watch = wire.http2.ask("GET", "/watch");
  const uint32_t slow = wire.http2.ask("GET", "/slow");
  Wire idle(server);
  REQUIRE(wire.until([&] { return keeper.kept == 2; }));
  const uint32_t done = idle.http2.ask("GET", "/echo");
  idle.answer(done);
  server.on_loop([&] { server.loop().observe(keeper.handles.at(1), nullptr); });
  server.listener->stop();
  std::thread shutdown([&] { server.loops.shut_down(1h); });
  CHECK(wire.answer(watch).ended);
  CHECK(wire.http2.goaway() == NGHTTP2_NO_ERROR);
  CHECK(idle.closed());
  CHECK(idle.http2.goaway() == NGHTTP2_NO_ERROR);
  idle.socket.close();
  server.on_loop([&] { server.loop().reply(keeper.handles.at(1), Reply()); });
  CHECK(wire.answer(slow).head[":status"] == "200");
  CHECK(wire.closed());
  wire.socket.close();
  shutdown.join();
  CHECK(server.count(&Counters::connections_open) == 0);
}

TEST_CASE("an idle connection is told goodbye after an hour, one with a stream is not") {
  Keeper keeper;
  Server server(keeper.answer());
  Wire idle(server);
  Wire parked(server);
  const uint32_t done = idle.http2.ask("GET", "/echo");
  idle.answer(done);
  const uint32_t watch = parked.http2.ask("GET", "/watch");
  REQUIRE(parked.until([&] { return parked.http2.answer(watch).head.size() > 0; }));
  server.pass(1h - 1s);
  CHECK(server.count(&Counters::idle_timeouts) == 0);
  server.pass(1s);
  CHECK(idle.closed());
  CHECK(idle.http2.goaway() == NGHTTP2_NO_ERROR);
  CHECK(server.count(&Counters::idle_timeouts) == 1);
  server.on_loop([&] { CHECK(server.loop().is_open(keeper.handles.at(0))); });
}

TEST_CASE("a silent client with a watch is asked after two hours, and closed 20 s later") {
  Keeper keeper;
  Server server(keeper.answer());
  Wire wire(server);
  Wire alive(server);
  for (Wire* each : {&wire, &alive}) {
    const uint32_t watch = each->http2.ask("GET", "/watch");
    REQUIRE(each->until([&] { return each->http2.answer(watch).head.size() > 0; }));
  }
  server.pass(2h);
  CHECK(alive.until([&] { return alive.http2.pings_asked() == 1; }));
  REQUIRE(eventually([&] {
    const uint64_t before = server.count(&Counters::bytes_in);
    server.on_loop([] {});
    return server.count(&Counters::bytes_in) == before;
  }));
  server.pass(20s);
  CHECK(server.count(&Counters::http2_silent) == 1);
  CHECK(eventually([&] { return keeper.gone == 1; }));
}

TEST_CASE("a stream's body is read no further while its observer pauses it") {
  struct Pausing : StreamObserver {
    void on_gone(ReplyHandle) override {}
    void on_drained(ReplyHandle) override {}
    void on_shutdown(ReplyHandle) override {}
    void on_body(ReplyHandle handle, Bytes bytes, bool last) override {
      if (body.empty()) handle.loop->pause_body(handle, true);
      body += bytes;
      Reply reply;
      reply.body = std::to_string(body.size());
      if (last) handle.loop->reply(handle, std::move(reply));
    }
    std::string body;
  };
  Pausing observer;
  ReplyHandle handle;
  StreamServer server([&](Loop& loop, Request&&, ReplyHandle to) {
    handle = to;
    loop.observe(to, &observer);
  });
  Wire wire(server);
  const uint32_t stream = wire.http2.ask("POST", "/", std::string(5 << 20, 'x'));
  wire.send();
  wire.http2.ping();
  CHECK(wire.until([&] { return wire.http2.pings_answered() == 1; }));
  server.on_loop([&] {
    CHECK(observer.body.size() <= 1 << 20);
    CHECK(observer.body.size() > 0);
    server.loop().pause_body(handle, false);
  });
  CHECK(wire.answer(stream).body == std::to_string(5 << 20));
}
