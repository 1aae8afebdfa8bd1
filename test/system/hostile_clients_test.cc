// Strangers that send nonsense, too little, too slowly, or never read: a normal client must not notice them.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "raw_socket.h"
#include "server_process.h"
#include "v2_client.h"

namespace viaduct::system_test {
namespace {

std::string watch_request() { return "GET /v2/keys/big?wait=true&stream=true HTTP/1.1\r\nHost: x\r\n\r\n"; }

// Makes one kind of trouble, and keeps it up while the result lives.
using Trouble = std::vector<RawSocket> (*)(int port);

std::vector<RawSocket> many(int port, size_t count, std::string_view bytes) {
  std::vector<RawSocket> sockets;
  for (size_t i = 0; i < count; ++i) {
    sockets.emplace_back(port);
    sockets.back().send(bytes);
  }
  return sockets;
}

TEST_CASE("a normal client is served while others misbehave") {
  allow_many_sockets();
  struct Case {
    const char* name;
    Trouble trouble;
  };
  const Case cases[] = {
      {"ten thousand idle connections", [](int port) { return many(port, 10'000, ""); }},
      {"headers that never end",
       [](int port) { return many(port, 500, "GET /v2/keys/a HTTP/1.1\r\nHost: x\r\nX-Slow: "); }},
      {"bodies that never come",
       [](int port) {
         return many(port, 500,
                     "PUT /v2/keys/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                     "Content-Length: 1000000\r\n\r\nvalue=");
       }},
      {"garbage",
       [](int port) { return many(port, 500, std::string("\x16\x03\x01\x00\xa5\x00\xff\n\n\x00 GARBAGE", 20)); }},
      {"streams that are never read", [](int port) { return many(port, 200, watch_request()); }},
      {"half-closed connections",
       [](int port) {
         std::vector<RawSocket> sockets = many(port, 500, "GET /v2/keys/a HTTP/1.1\r\nHo");
         for (RawSocket& socket : sockets) socket.end_sending();
         return sockets;
       }},
  };
  ServerProcess server;
  V2Client client(server.port());
  const std::string big = "value=" + std::string(64 << 10, 'x');
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const std::vector<RawSocket> troubled = c.trouble(server.port());
    for (int i = 0; i < 50; ++i) {
      const auto written = client.put("/big", big);
      REQUIRE(written);
      CHECK(written->status == (written->json.HasMember("prevNode") ? 200 : 201));
      const auto read = client.get("/big");
      REQUIRE(read);
      CHECK(read->modified_index() == written->modified_index());
    }
    CHECK(server.is_running());
  }
}

TEST_CASE("a header that does not come to its end is answered with 408 and closed") {
  ServerProcess server({{"--limit-header-timeout", "300ms"}, {}, {}});
  RawSocket slow(server.port());
  slow.send("GET /v2/keys/a HTTP/1.1\r\nHost: x\r\n");
  REQUIRE(slow.read_to_end());
  CHECK(slow.received().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("a half-closed client still gets the answer to a whole request") {
  ServerProcess server;
  RawSocket socket(server.port());
  socket.send("GET /v2/keys/none HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.end_sending();
  REQUIRE(socket.read_to_end());
  CHECK(socket.received().find("\"errorCode\":100") != std::string::npos);
}

}  // namespace
}  // namespace viaduct::system_test
