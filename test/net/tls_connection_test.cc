#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/loop.h"
#include "test/net/http2_client.h"
#include "test/net/tls_world.h"

using namespace viaduct;
using namespace viaduct::net;

namespace {

std::string payload(size_t bytes) {
  std::string text(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

// Tells what the request carried of TLS.
void describe(Loop& loop, Request&& request, ReplyHandle handle) {
  Reply reply;
  std::string text = request.scheme == Scheme::kHttps ? "https" : "http";
  if (request.certificate_name) text += " " + *request.certificate_name;
  reply.body = text;
  loop.reply(handle, std::move(reply));
}

}  // namespace

TEST_CASE("requests and answers go through TLS, in both versions of it") {
  const TlsWorld world;
  for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    TlsServer server(world.open_door());
    TlsPeerOptions options = world.stranger();
    options.settings.max_version = options.settings.min_version = version;
    TlsPeer client(server.tls_address(), options);
    CAPTURE(client.error());
    CHECK(client.get("/a") == "/a");
    CHECK(client.get("/b") == "/b");
    CHECK(client.version() == (version == TlsVersion::kTls12 ? "TLSv1.2" : "TLSv1.3"));
    CHECK(server.count(&Counters::handshakes) == 1);
  }
}

TEST_CASE("a request knows its scheme and the name on the client's certificate") {
  TlsWorld world;
  TlsServer strict(world.strict_door(), describe);
  const PairFiles root = world.authority.issue("root", {.common_name = "root"});
  const PairFiles nameless = world.authority.issue("nameless", {});
  CHECK(TlsPeer(strict.tls_address(), world.holder(root)).get("/") == "https root");
  CHECK(TlsPeer(strict.tls_address(), world.holder(nameless)).get("/") == "https");
  TlsServer open(world.open_door(), describe);
  CHECK(TlsPeer(open.tls_address(), world.holder(root)).get("/") == "https");  // nobody has verified it
  CHECK(Client(open.address()).get("/") == "http");
}

TEST_CASE("a handshake may come byte by byte") {
  const TlsWorld world;
  for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    TlsServer server(world.open_door());
    TlsPeerOptions options = world.stranger();
    options.settings.max_version = version;
    options.fragment_bytes = 1;
    TlsPeer client(server.tls_address(), options);
    CHECK(client.get("/a") == "/a");
  }
}

TEST_CASE("bodies and answers of any size go through whole") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  for (const size_t bytes : {0, 1, 16383, 16384, 16385, 65536, 200'000, 1'900'000}) {
    CAPTURE(bytes);
    TlsPeer client(server.tls_address(), world.stranger());
    const std::string body = payload(bytes);
    REQUIRE(client.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" + body));
    const std::string reply = client.read_reply();
    CHECK(reply.substr(reply.find("\r\n\r\n") + 4) == "/x" + body);
  }
}

TEST_CASE("many requests in one record are all answered") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  TlsPeer client(server.tls_address(), world.stranger());
  constexpr int kRequests = 3000;  // more than a read takes at once, and than may be in flight
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  REQUIRE(client.send(requests));
  for (int i = 0; i < kRequests; ++i) {
    const std::string reply = client.read_reply();
    REQUIRE(reply.ends_with("\r\n\r\n/" + std::to_string(i)));
  }
}

TEST_CASE("an answer that a client reads slowly waits for it, and no other client does") {
  const TlsWorld world;
  const std::string body = payload(6 << 20);
  TlsServer server(world.open_door(), [&](Loop& loop, Request&& request, ReplyHandle handle) {
    Reply reply;
    reply.body = request.target() == "/big" ? body : "small";
    loop.reply(handle, std::move(reply));
  });
  TlsPeer slow(server.tls_address(), world.stranger());
  slow.socket().set_receive_buffer(32 << 10);
  REQUIRE(slow.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(TlsPeer(server.tls_address(), world.stranger()).get("/other") == "small");
  const std::string reply = slow.read_reply();
  CHECK(reply.substr(reply.find("\r\n\r\n") + 4) == body);
}

TEST_CASE("a client that takes nothing of its answer is cut off") {
  const TlsWorld world;
  Limits limits;
  limits.write_stall_time = std::chrono::seconds(60);
  TlsServer server(
      world.open_door(),
      [](Loop& loop, Request&&, ReplyHandle handle) {
        Reply reply;
        reply.body = payload(32 << 20);
        loop.reply(handle, std::move(reply));
      },
      limits);
  TlsPeer client(server.tls_address(), world.stranger());
  client.socket().set_receive_buffer(4096);
  REQUIRE(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  REQUIRE(eventually([&] { return server.count(&Counters::bytes_out) > 0; }));
  REQUIRE(eventually([&] {
    server.pass(std::chrono::seconds(61));
    return server.count(&Counters::connections_open) == 0;
  }));
  CHECK(server.count(&Counters::write_stalls) == 1);
}

TEST_CASE("HTTP/2 is agreed on in the handshake") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  TlsPeerOptions options = world.stranger();
  options.protocols = {"h2", "http/1.1"};
  TlsPeer client(server.tls_address(), options);
  REQUIRE(client.shake_hands());
  CHECK(client.protocol() == "h2");
  Http2Client http2;
  const uint32_t stream = http2.ask("PUT", "/x", payload(100'000));
  while (!http2.answer(stream).ended) {
    REQUIRE(client.send(http2.output()));
    const std::string bytes = client.read_some();
    REQUIRE_FALSE(bytes.empty());
    http2.feed(bytes);
  }
  CHECK(http2.answer(stream).body == "/x" + payload(100'000));
}

TEST_CASE("what a client offers decides the protocol") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  struct Case {
    std::vector<std::string> offered;
    const char* agreed;
  };
  for (const Case& c : {Case{{}, ""}, Case{{"http/1.1"}, "http/1.1"}, Case{{"http/1.1", "h2"}, "h2"},
                        Case{{"spdy/3", "http/1.1"}, "http/1.1"}}) {
    TlsPeerOptions options = world.stranger();
    options.protocols = c.offered;
    TlsPeer client(server.tls_address(), options);
    REQUIRE(client.shake_hands());
    CHECK(client.protocol() == c.agreed);
    if (client.protocol() != "h2") CHECK(client.get("/a") == "/a");
  }
  TlsPeerOptions unknown = world.stranger();
  unknown.protocols = {"spdy/3"};
  TlsPeer client(server.tls_address(), unknown);
  CHECK_FALSE(client.shake_hands());
  CHECK(client.error() == "remote error: tls: no application protocol");
}

TEST_CASE("HTTP/2 without having agreed on it is spoken by whoever begins with its preface") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  TlsPeer client(server.tls_address(), world.stranger());
  Http2Client http2;
  const uint32_t stream = http2.ask("GET", "/x");
  while (!http2.answer(stream).ended) {
    REQUIRE(client.send(http2.output()));
    http2.feed(client.read_some());
  }
  CHECK(http2.answer(stream).body == "/x");
}

TEST_CASE("plain HTTP is not spoken where TLS is") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  for (const char* bytes :
       {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x80\x2e\x01\x03"}) {
    Client client(server.tls_address());
    client.send(bytes);
    client.half_close();
    CHECK(client.read_to_end().find("HTTP") == std::string::npos);
  }
  CHECK(server.count(&Counters::requests) == 0);
  CHECK(eventually([&] { return server.count(&Counters::handshake_failures) == 3; }));
}

TEST_CASE("one port may speak both, and the first byte decides") {
  const TlsWorld world;
  TlsServer server(world.open_door(), describe, Limits(), 512, true);
  CHECK(Client(server.tls_address()).get("/") == "http");
  CHECK(TlsPeer(server.tls_address(), world.stranger()).get("/") == "https");
  TlsPeerOptions fragments = world.stranger();
  fragments.fragment_bytes = 1;
  CHECK(TlsPeer(server.tls_address(), fragments).get("/") == "https");
  Client silent(server.tls_address());
  REQUIRE(eventually([&] {
    return server.count(&Counters::connections_accepted) == 4 && server.count(&Counters::connections_open) == 1;
  }));
  server.pass(std::chrono::seconds(11));  // no TLS yet, so its patience is that with an idle client
  CHECK(server.count(&Counters::connections_open) == 1);
  server.pass(std::chrono::seconds(120));
  CHECK(silent.read_to_end() == "");
  CHECK(server.count(&Counters::idle_timeouts) == 1);
}

TEST_CASE("a client that goes away in the middle of the handshake leaves nothing behind") {
  const TlsWorld world;
  TlsServer server(world.strict_door());
  std::string hello;
  {
    TlsPeer peer(server.tls_address(), world.stranger());
    hello = peer.take_first_flight();
  }
  for (size_t bytes = 0; bytes <= hello.size(); bytes += 37) {
    for (const bool abrupt : {false, true}) {
      Client client(server.tls_address());
      client.send(std::string_view(hello).substr(0, bytes));
      abrupt ? client.reset() : client.close();
    }
  }
  CHECK(eventually([&] { return server.count(&Counters::connections_open) == 0; }));
  CHECK(server.count(&Counters::handshakes) == 0);
}

TEST_CASE("any byte of a greeting may be wrong without harm") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  std::string hello;
  {
    TlsPeer peer(server.tls_address(), world.stranger());
    hello = peer.take_first_flight();
  }
  for (size_t at = 0; at < hello.size(); at += 3) {
    std::string bent = hello;
    bent[at] = static_cast<char>(bent[at] ^ 0x55);
    Client client(server.tls_address());
    client.send(bent);
    client.half_close();
    client.read_to_end();
  }
  CHECK(TlsPeer(server.tls_address(), world.stranger()).get("/a") == "/a");
}

TEST_CASE("a handshake that takes too long is given up") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  Client silent(server.tls_address());
  TlsPeer halfway(server.tls_address(), world.stranger());
  const std::string hello = halfway.take_first_flight();
  halfway.socket().send(std::string_view(hello).substr(0, hello.size() / 2));
  REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 2; }));
  server.pass(std::chrono::seconds(9));
  CHECK(server.count(&Counters::connections_open) == 2);
  server.pass(std::chrono::seconds(2));
  CHECK(silent.read_to_end() == "");
  CHECK(halfway.socket().read_to_end() == "");
  CHECK(server.count(&Counters::handshake_timeouts) == 2);
  CHECK(server.count(&Counters::handshakes) == 0);
}

TEST_CASE("beyond the limit of handshakes under way clients are closed at once, and later ones come in") {
  const TlsWorld world;
  TlsServer server(world.open_door(), echo, Limits(), 2);
  TlsPeer served(server.tls_address(), world.stranger());
  CHECK(served.get("/a") == "/a");  // its handshake is over
  auto first = std::make_unique<Client>(server.tls_address());
  Client second(server.tls_address());
  REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 3; }));
  Client third(server.tls_address());
  CHECK(third.read_to_end() == "");
  CHECK(server.count(&Counters::handshake_limit) == 1);
  first.reset();
  REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 2; }));
  CHECK(TlsPeer(server.tls_address(), world.stranger()).get("/b") == "/b");
}

TEST_CASE("many connections are served side by side") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  std::vector<std::unique_ptr<TlsPeer>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<TlsPeer>(server.tls_address(), world.stranger()));
    REQUIRE(clients.back()->shake_hands());
  }
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < clients.size(); ++i) {
      REQUIRE(clients[i]->get("/" + std::to_string(i)) == "/" + std::to_string(i));
    }
  }
}

TEST_CASE("a stop ends handshakes under way and tells served clients goodbye") {
  const TlsWorld world;
  TlsServer server(world.open_door());
  TlsPeer served(server.tls_address(), world.stranger());
  CHECK(served.get("/a") == "/a");
  Client halfway(server.tls_address());
  REQUIRE(eventually([&] { return server.count(&Counters::connections_open) == 2; }));
  std::thread stopper([&] { server.loops.shut_down(std::chrono::seconds(5)); });  // waits for clients to go
  CHECK(halfway.read_to_end() == "");
  CHECK(served.read_to_end() == "");
  CHECK(served.error() == "");
  served.socket().close();
  stopper.join();
}

TEST_CASE("a client that half-closes still gets its answer") {
  const TlsWorld world;
  std::optional<ReplyHandle> parked;
  TlsServer server(world.open_door(), [&](Loop&, Request&&, ReplyHandle handle) { parked = handle; });
  TlsPeer client(server.tls_address(), world.stranger());
  REQUIRE(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  client.socket().half_close();
  REQUIRE(eventually([&] {
    bool there = false;
    server.on_loop([&] { there = parked.has_value(); });
    return there;
  }));
  server.on_loop([&] { server.loop().reply(*parked, Reply{}); });
  CHECK(client.read_reply().starts_with("HTTP/1.1 200"));
}
