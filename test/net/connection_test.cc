#include "net/connection.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/net/server_harness.h"

using namespace viaduct;
using namespace viaduct::net;
using namespace std::chrono_literals;

namespace {

// Keeps requests instead of answering them; parks those for /watch as streams.
struct Keeper : StreamObserver {
  void take(Loop& loop, Request&& request, ReplyHandle handle) {
    if (request.raw_path() == "/echo") return echo(loop, std::move(request), handle);
    loop.observe(handle, this);
    if (request.raw_path() == "/watch") loop.start_stream(handle, StreamHead());
    handles.push_back(handle);
    ++kept;
  }
  FunctionHandler::Answer answer() {
    return [this](Loop& loop, Request&& request, ReplyHandle handle) { take(loop, std::move(request), handle); };
  }

  void on_gone(ReplyHandle) override { ++gone; }
  void on_drained(ReplyHandle) override { ++drained; }
  void on_shutdown(ReplyHandle handle) override { handle.loop->end_stream(handle); }
  bool ends_with_input() const override { return gives_up; }

  bool gives_up = false;
  std::vector<ReplyHandle> handles;  // the loop's
  std::atomic<int> kept{0};
  std::atomic<int> gone{0};
  std::atomic<int> drained{0};
};

const std::string kWatch = "GET /watch HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kEcho = "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kSlow = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";

std::string status_of(const std::string& reply) { return reply.substr(0, std::min<size_t>(12, reply.size())); }

}  // namespace

TEST_CASE("a connection serves one request after another") {
  Server server;
  Client client(server.address());
  CHECK(client.get("/a?b") == "/a?b");
  CHECK(client.get("/c") == "/c");
  client.send("GET /d HTTP/1.1\r\nHost: h\r\n\r\nGET /e HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  CHECK(client.read_reply().ends_with("/d"));
  CHECK(client.read_to_end().ends_with("Connection: close\r\n\r\n/e"));
  CHECK(server.count(&Counters::requests) == 4);
  CHECK(server.count(&Counters::connections_accepted) == 1);
}

TEST_CASE("a pipelined request that has to wait for its turn gets it") {
  Keeper keeper;
  Server server(keeper.answer());
  Client client(server.address());
  client.send(kSlow +
              "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1GET /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(eventually([&] { return keeper.kept == 1; }));
  server.on_loop([&] { server.loop().reply(keeper.handles.at(0), Reply()); });
  CHECK(client.read_reply().ends_with("Content-Length: 0\r\n\r\n"));
  CHECK(client.read_reply().ends_with("/echo1"));
  CHECK(client.read_reply().ends_with("/echo"));
}

TEST_CASE("requests that waited because too much was unsent are taken up again") {
  Limits limits;
  limits.output_pause_bytes = 1000;
  Server server(
      [](Loop& loop, Request&&, ReplyHandle handle) {
        Reply reply;
        reply.body = std::string(1000, 'x');
        loop.reply(handle, std::move(reply));
      },
      limits);
  Client client(server.address());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += kSlow;
  client.send(requests);
  for (int i = 0; i < 50; ++i) CHECK(client.read_reply().ends_with("xxx"));
}

TEST_CASE("a reply has our name and the date") {
  Server server;
  Client client(server.address());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string reply = client.read_reply();
  CHECK(reply.find("\r\nServer: viaduct/") != std::string::npos);
  CHECK(reply.find("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n") != std::string::npos);
}

TEST_CASE("a request knows where it came from") {
  Server server([](Loop& loop, Request&& request, ReplyHandle handle) {
    Reply reply;
    reply.body = request.peer.host();
    loop.reply(handle, std::move(reply));
  });
  CHECK(Client(server.address()).get("/") == "127.0.0.1");
}

TEST_CASE("bodies of a megabyte come and go whole") {
  Server server;
  Client client(server.address());
  const std::string body(1 << 20, 'b');
  client.send("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(client.read_reply().ends_with("\r\n\r\n/a" + body));
}

TEST_CASE("a large reply reaches a client that reads late, and holds up nobody else") {
  Server server([](Loop& loop, Request&& request, ReplyHandle handle) {
    Reply reply;
    reply.body = std::string(request.raw_path() == "/large" ? 20 << 20 : 1, 'x');
    loop.reply(handle, std::move(reply));
  });
  Client slow(server.address());
  slow.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  Client other(server.address());
  CHECK(other.get("/small") == "x");
  CHECK(slow.read_reply().size() > (20u << 20));
  CHECK(slow.get("/small") == "x");
}

TEST_CASE("an idle connection is closed after 120 s, one that is used is not") {
  Server server;
  Client idle(server.address());
  Client used(server.address());
  idle.get("/");
  used.get("/");
  server.pass(119s);
  CHECK(used.get("/") == "/");
  CHECK(server.count(&Counters::connections_open) == 2);
  server.pass(1s);
  CHECK(idle.read_to_end() == "");
  CHECK(used.get("/") == "/");
  CHECK(server.count(&Counters::idle_timeouts) == 1);
  CHECK(server.count(&Counters::connections_open) == 1);
}

TEST_CASE("a connection that never says anything is closed after 120 s") {
  Server server;
  Client silent(server.address());
  REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 1; }));
  server.pass(120s);
  CHECK(silent.read_to_end() == "");
}

TEST_CASE("a slow head and a slow body are answered with 408 and closed") {
  struct Case {
    std::string bytes;
    std::chrono::seconds patience;
    Counter Counters::*counter;
  };
  for (const Case& c : {Case{"GET / HTTP/1.1\r\nHo", 10s, &Counters::head_timeouts},
                        Case{"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n", 5s, &Counters::body_timeouts}}) {
    CAPTURE(c.bytes);
    Server server;
    Client slow(server.address());
    slow.send(c.bytes);
    REQUIRE(eventually([&] { return server.count(&Counters::bytes_in) == c.bytes.size(); }));
    server.pass(c.patience - 1s);
    CHECK(server.count(c.counter) == 0);
    CHECK(Client(server.address()).get("/") == "/");
    server.pass(1s);
    CHECK(status_of(slow.read_to_end()) == "HTTP/1.1 408");
    CHECK(server.count(c.counter) == 1);
  }
}

TEST_CASE("a refusal is read by a client that goes on sending, which is cut off after 2 s") {
  Server server;
  Client client(server.address());
  client.send("NONSENSE\r\n\r\n" + std::string(1 << 20, 'x'));
  CHECK(status_of(client.read_to_end()) == "HTTP/1.1 400");
  CHECK(server.count(&Counters::connections_open) == 1);
  server.pass(2s);
  CHECK(eventually([&] { return server.count(&Counters::connections_open) == 0; }));
}

TEST_CASE("a client that takes nothing of its answers is reset after 60 s") {
  Limits limits;
  Server server(
      [](Loop& loop, Request&&, ReplyHandle handle) {
        Reply reply;
        reply.body = std::string(16 << 20, 'x');
        loop.reply(handle, std::move(reply));
      },
      limits);
  Client client(server.address());
  client.send(kSlow);
  REQUIRE(eventually([&] { return server.count(&Counters::bytes_out) > 0; }));
  server.on_loop([] {});
  server.pass(59s);
  CHECK(server.count(&Counters::connections_open) == 1);
  server.pass(1s);
  CHECK(server.count(&Counters::write_stalls) == 1);
  CHECK(eventually([&] { return server.count(&Counters::connections_open) == 0; }));
}

TEST_CASE("a stream is cut off when more is said while 8 MiB are unread") {
  for (const int over : {-1, 0, 1}) {
    CAPTURE(over);
    Limits limits;
    limits.output_limit_bytes = 1 << 20;
    Keeper keeper;
    Server server(keeper.answer(), limits);
    Client client(server.address());
    client.send(kWatch);
    client.read_until("\r\n\r\n");
    server.on_loop([&] {
      const ReplyHandle& handle = keeper.handles.at(0);
      const size_t framing = std::string("fffff\r\n\r\n").size();
      Loop& loop = server.loop();
      loop.stream_chunk(handle, Blob(std::string((1 << 20) + static_cast<size_t>(over) - framing, 'x')));
      CHECK(loop.stream_backlog(handle) == limits.output_limit_bytes + static_cast<size_t>(over));
      loop.stream_chunk(handle, Blob("one more"));
    });
    CHECK(server.count(&Counters::output_overflows) == (over > 0 ? 1 : 0));
    CHECK(eventually([&] { return keeper.gone == (over > 0 ? 1 : 0); }));
  }
}

TEST_CASE("a request that would make the loop hold too much is refused with 503, and others are served") {
  const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n";
  const size_t kept_of_head = std::string("PUT/HosthContent-Length9999").size();
  for (const int over : {-1, 0, 1}) {
    CAPTURE(over);
    Limits limits;
    limits.held_bytes = 5000;
    Server server(echo, limits);
    Client client(server.address());
    const std::string body(limits.held_bytes + static_cast<size_t>(over) - kept_of_head, 'b');
    client.send(head + body);
    REQUIRE(eventually([&] { return server.count(&Counters::bytes_in) == head.size() + body.size(); }));
    CHECK(Client(server.address()).get("/a") == "/a");
    CHECK(server.count(&Counters::memory_refusals) == (over > 0 ? 1 : 0));
    if (over > 0) CHECK(status_of(client.read_to_end()) == "HTTP/1.1 503");
  }
}

TEST_CASE("a client that reads nothing is cut off when the loop would hold too much for it") {
  Limits limits;
  limits.held_bytes = 4 << 20;
  Server server(
      [](Loop& loop, Request&& request, ReplyHandle handle) {
        Reply reply;
        reply.body = std::string(request.raw_path() == "/large" ? 16 << 20 : 1, 'x');
        loop.reply(handle, std::move(reply));
      },
      limits);
  Client client(server.address());
  client.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(eventually([&] { return server.count(&Counters::memory_refusals) == 1; }));
  CHECK(Client(server.address()).get("/small") == "x");
}

TEST_CASE("a watch whose client closes, half-closes or resets is told so") {
  for (const int way : {0, 1, 2}) {
    CAPTURE(way);
    Keeper keeper;
    Server server(keeper.answer());
    Client client(server.address());
    client.send(kWatch);
    client.read_until("\r\n\r\n");
    if (way == 0) client.close();
    if (way == 1) client.half_close();
    if (way == 2) client.reset();
    CHECK(eventually([&] { return keeper.gone == 1; }));
    CHECK(server.count(&Counters::connections_open) == 0);
    server.on_loop([&] {
      const ReplyHandle& handle = keeper.handles.at(0);
      CHECK_FALSE(server.loop().is_open(handle));
      server.loop().stream_chunk(handle, Blob("too late"));
      server.loop().end_stream(handle);
    });
    CHECK(keeper.gone == 1);
  }
}

TEST_CASE("a watch whose client has gone is noticed also where no further request could come") {
  for (const std::string& request : {std::string("GET /watch HTTP/1.0\r\n\r\n"),
                                     std::string("GET /watch HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nmore"),
                                     kWatch + "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1" + kSlow}) {
    CAPTURE(request);
    Keeper keeper;
    Server server(keeper.answer());
    Client client(server.address());
    client.send(request);
    client.read_until("\r\n\r\n");
    CHECK(keeper.gone == 0);
    client.close();
    CHECK(eventually([&] { return keeper.gone == 1; }));
    CHECK(eventually([&] { return server.count(&Counters::connections_open) == 0; }));
  }
}

TEST_CASE("all that a client asked before it half-closed is answered") {
  Server server;
  Client client(server.address());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += i % 3 == 0 ? "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1" : kEcho;
  }
  client.send(requests + "GET /half");
  client.half_close();
  for (int i = 0; i < 200; ++i) CHECK(client.read_reply().ends_with(i % 3 == 0 ? "/p1" : "/echo"));
  CHECK(client.read_to_end() == "");
}

TEST_CASE("a client that half-closes has gone for a request that does not outlast its input") {
  for (const bool late : {false, true}) {
    CAPTURE(late);
    Keeper keeper;
    keeper.gives_up = !late;
    Server server(keeper.answer());
    Client client(server.address());
    client.send(kSlow);
    REQUIRE(eventually([&] { return keeper.kept == 1; }));
    client.half_close();
    if (late) {  // who observes it next is told as well
      server.on_loop([&] {
        keeper.gives_up = true;
        server.loop().observe(keeper.handles.at(0), &keeper);
      });
    }
    CHECK(eventually([&] { return keeper.gone == 1; }));
    CHECK(client.read_to_end() == "");
  }
}

TEST_CASE("what a client sends ahead waits in the kernel once we hold enough of it") {
  for (const int over : {-1, 0, 1}) {
    CAPTURE(over);
    Limits limits;
    limits.read_ahead_bytes = 1000;
    Keeper keeper;
    Server server(keeper.answer(), limits);
    Client client(server.address());
    const std::string put = "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
    client.send(kWatch + put + std::string(limits.read_ahead_bytes + static_cast<size_t>(over), 'x'));
    REQUIRE(eventually([&] { return server.count(&Counters::bytes_in) > limits.read_ahead_bytes; }));
    client.read_until("\r\n\r\n");
    client.close();
    server.on_loop([] {});
    if (over < 0) CHECK(eventually([&] { return keeper.gone == 1; }));
    if (over >= 0) CHECK(keeper.gone == 0);
  }
}

TEST_CASE("a client that half-closes still gets the answer of its request") {
  Keeper keeper;
  Server server(keeper.answer());
  Client client(server.address());
  client.send(kSlow);
  client.half_close();
  REQUIRE(eventually([&] { return keeper.kept == 1; }));
  server.on_loop([&] { server.loop().reply(keeper.handles.at(0), Reply()); });
  CHECK(status_of(client.read_to_end()) == "HTTP/1.1 200");
  CHECK(keeper.gone == 0);
}

TEST_CASE("a parked watch outlives every deadline") {
  Keeper keeper;
  Server server(keeper.answer());
  Client client(server.address());
  client.send(kWatch);
  client.read_until("\r\n\r\n");
  server.pass(100h);
  server.on_loop([&] {
    server.loop().stream_chunk(keeper.handles.at(0), Blob("event"));
    server.loop().end_stream(keeper.handles.at(0));
  });
  CHECK(client.read_until("0\r\n\r\n") == "5\r\nevent\r\n0\r\n\r\n");
  CHECK(client.get("/echo") == "/echo");
}

TEST_CASE("a stream that was found backed up is told when its client has caught up") {
  Keeper keeper;
  Server server(keeper.answer());
  Client client(server.address());
  client.send(kWatch);
  client.read_until("\r\n\r\n");
  const std::string large(4 << 20, 'x');
  server.on_loop([&] {
    server.loop().stream_chunk(keeper.handles.at(0), Blob(large));
    CHECK(server.loop().stream_backlog(keeper.handles.at(0)) > large.size());
  });
  CHECK(client.read_until("x\r\n").size() > large.size());
  CHECK(eventually([&] { return keeper.drained == 1; }));
  server.on_loop([&] { CHECK(server.loop().stream_backlog(keeper.handles.at(0)) == 0); });
}

TEST_CASE("a streamed body comes to its observer, which may pause it") {
  struct Collector : StreamObserver {
    void on_gone(ReplyHandle) override { ++gone; }
    void on_drained(ReplyHandle) override {}
    void on_shutdown(ReplyHandle) override {}
    void on_body(ReplyHandle handle, Bytes bytes, bool last) override {
      body += bytes;
      if (body == "abc") handle.loop->pause_body(handle, true);
      if (!last) return;
      Reply reply;
      reply.body = std::to_string(body.size());
      handle.loop->reply(handle, std::move(reply));
    }
    std::string body;  // the loop's
    std::atomic<int> gone{0};
  };
  Collector collector;
  ReplyHandle handle;
  StreamServer server([&](Loop& loop, Request&&, ReplyHandle to) {
    handle = to;
    loop.observe(to, &collector);
  });
  Client client(server.address());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500003\r\n\r\nabc");
  const auto received = [&] {
    size_t bytes = 0;
    server.on_loop([&] { bytes = collector.body.size(); });
    return bytes;
  };
  REQUIRE(eventually([&] { return received() == 3; }));
  client.send(std::string(500'000, 'x'));
  REQUIRE(eventually([&] { return server.count(&Counters::bytes_in) > Limits().read_ahead_bytes; }));
  CHECK(received() == 3);
  server.on_loop([&] { server.loop().pause_body(handle, false); });
  CHECK(client.read_reply().ends_with("500003"));
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  client.close();
  CHECK(eventually([&] { return collector.gone == 1; }));
}

TEST_CASE("an answer to a connection whose place another has taken reaches nobody") {
  Keeper keeper;
  Server server(keeper.answer());
  Client first(server.address());
  first.send(kSlow);
  REQUIRE(eventually([&] { return keeper.kept == 1; }));
  first.reset();
  REQUIRE(eventually([&] { return keeper.gone == 1; }));
  Client second(server.address());
  second.send(kSlow);
  REQUIRE(eventually([&] { return keeper.kept == 2; }));
  server.on_loop([&] {
    CHECK(keeper.handles.at(0).slot == keeper.handles.at(1).slot);
    Reply stray;
    stray.status = 500;
    server.loop().reply(keeper.handles.at(0), std::move(stray));
    server.loop().reply(keeper.handles.at(1), Reply());
  });
  CHECK(status_of(second.read_reply()) == "HTTP/1.1 200");
}

TEST_CASE("observing a request whose client has gone tells so soon") {
  Keeper keeper;
  Keeper late;
  Server server(keeper.answer());
  Client client(server.address());
  client.send(kSlow);
  REQUIRE(eventually([&] { return keeper.kept == 1; }));
  client.reset();
  REQUIRE(eventually([&] { return keeper.gone == 1; }));
  server.on_loop([&] {
    server.loop().observe(keeper.handles.at(0), &late);
    CHECK(late.gone == 0);
  });
  CHECK(eventually([&] { return late.gone == 1; }));
  server.on_loop([&] {
    server.loop().observe(keeper.handles.at(0), &late);
    server.loop().observe(keeper.handles.at(0), nullptr);
  });
  server.on_loop([] {});
  CHECK(late.gone == 1);
}

TEST_CASE("1,000 parked watches cost no thread, and all get the event") {
  Keeper keeper;
  Server server(keeper.answer());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<Client>(server.address()));
    REQUIRE(clients.back()->connected());
    clients.back()->send(kWatch);
  }
  REQUIRE(eventually([&] { return keeper.kept == 1000; }));
  const Blob event("event");
  server.on_loop([&] {
    for (const ReplyHandle& handle : keeper.handles) server.loop().stream_chunk(handle, event);
  });
  for (const auto& client : clients) CHECK(client->read_until("event\r\n").ends_with("5\r\nevent\r\n"));
}
