#include <doctest/doctest.h>

#include "gateway_harness.h"

using namespace viaduct;
using namespace viaduct::v3;

namespace {

// A client's frame, masked with zeros.
std::string frame(int first, std::string_view payload) {
  std::string bytes = {static_cast<char>(first), static_cast<char>(0x80 | payload.size())};
  return bytes + std::string(4, '\0') + std::string(payload);
}
std::string text(std::string_view payload) { return frame(0x81, payload); }

// One WebSocket after its handshake.
class Socket {
 public:
  Socket(GatewayServer& server, const std::string& target, const std::string& headers = "")
      : client_(server.address()) {
    client_.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers + "\r\n");
    head = client_.read_until("\r\n\r\n");
  }
  void send(std::string_view bytes) { client_.send(bytes); }
  // One frame: its first byte's low half and its payload.
  std::string read() {
    std::string got = client_.read_bytes(2);
    if (got.size() < 2) return "(no more)";
    size_t size = static_cast<unsigned char>(got[1]);
    if (size == 126) {
      const std::string more = client_.read_bytes(2);
      size = static_cast<size_t>(static_cast<unsigned char>(more[0])) << 8 | static_cast<unsigned char>(more[1]);
    }
    return std::to_string(got[0] & 15) + ' ' + client_.read_bytes(size);
  }
  bool at_end() { return client_.read_to_end().empty(); }
  void reset() { client_.reset(); }

  std::string head;

 private:
  GatewayClient client_;
};

constexpr const char* kCreate = R"({"create_request":{"key":"YQ=="}})";
const std::string kCreated = R"(1 {"result":{"header":{"revision":"7"},"created":true}})";

}  // namespace

TEST_CASE("a watch over a WebSocket: each message a request, each answer a message") {
  GatewayServer server;
  Socket socket(server, "/v3beta/watch");
  CHECK(status_line(socket.head) == "HTTP/1.1 101 Switching Protocols");
  CHECK(header(socket.head, "Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  socket.send(text(kCreate));
  CHECK(socket.read() == kCreated);
  CHECK(socket.read().starts_with(R"(1 {"result":{"header":{"revision":"9"},"events":[)"));
  socket.send(frame(0x89, "hi"));
  CHECK(socket.read() == "10 hi");
  const std::string create(kCreate);
  socket.send(frame(0x01, create.substr(0, 5)) + frame(0x80, create.substr(5)));
  CHECK(socket.read() == R"(1 {"result":{"header":{"revision":"7"},"watch_id":"1","created":true}})");
  socket.read();
  socket.send(text(R"({"cancel_request":{}})"));
  CHECK(socket.read() == "8 \x03\xe8");
  CHECK(socket.at_end());
}

TEST_CASE("a message may hold many requests, but no request two messages") {
  GatewayServer server;
  Socket many(server, "/v3/lease/keepalive");
  many.send(text(R"({"ID":1}{"ID":2})"));
  CHECK(many.read() == R"(1 {"result":{"ID":"1"}})");
  CHECK(many.read() == R"(1 {"result":{"ID":"2"}})");
  Socket half(server, "/v3/watch");
  half.send(text(R"({"cre)") + text(R"(ate_request":{}})"));
  CHECK(half.read() == R"(1 {"error":"invalid character '\\n' in string literal",)"
                       R"("message":"invalid character '\\n' in string literal","code":2})");
  CHECK(half.read() == "8 \x03\xe8");
}

TEST_CASE("a unary call answers the first message and ends") {
  GatewayServer server;
  Socket good(server, "/v3/kv/range?text=true");
  good.send(text(R"({"key":"/a"})") + text(R"({"key":"/b"})"));
  CHECK(good.read() == R"(1 {"header":{},"kvs":[{"key":"/a","value":"/a"}],"count":"1"})");
  CHECK(good.read() == "8 \x03\xe8");
  CHECK(good.at_end());
  Socket failed(server, "/v3/kv/range");
  failed.send(text(R"({"key":"ZmFpbA=="})"));
  CHECK(failed.read() == "1 {\"error\":\"not \\u003cnow\\u003e\",\"message\":\"not \\u003cnow\\u003e\",\"code\":9}");
  Socket wrong(server, "/v3/kv/range");
  wrong.send(text("[]"));
  CHECK(wrong.read().ends_with("\"code\":3}"));
  Socket dropped(server, "/v3/kv/range?text=true");
  dropped.send(text(R"({"key":"drop"})"));
  CHECK(dropped.read().find("etcdserver: server stopped") != std::string::npos);
  CHECK(dropped.read() == "8 \x03\xe9");
}

TEST_CASE("a unary call learns that its client left, or that its time is over") {
  GatewayServer server;
  const std::string park = text(R"({"key":"park"})");
  const auto heard = [&] {
    std::string text;
    while ((text = server.heard()).empty()) {
    }
    return text;
  };
  Socket closing(server, "/v3/kv/range?text=true");
  closing.send(park);
  CHECK(heard() == "key: \"park\";");
  closing.send(frame(0x88, "\x03\xe8"));
  CHECK(closing.read() == "8 \x03\xe8");
  CHECK(heard() == "gone;");
  Socket resetting(server, "/v3/kv/range?text=true");
  resetting.send(park);
  CHECK(heard() == "key: \"park\";");
  resetting.reset();
  CHECK(heard() == "gone;");
  Socket late(server, "/v3/kv/range?text=true", "Grpc-Timeout: 1S\r\n");
  late.send(park);
  CHECK(heard() == "key: \"park\";");
  server.pass(std::chrono::milliseconds(1001));
  CHECK(late.read().find("context deadline exceeded") != std::string::npos);
  CHECK(heard() == "gone;");
}

TEST_CASE("a server stream over a WebSocket takes one message") {
  GatewayServer server;
  Socket socket(server, "/v3/maintenance/snapshot");
  socket.send(text("{}"));
  CHECK(socket.read() == R"(1 {"result":{"blob":"b25l"}})");
  CHECK(socket.read() == R"(1 {"result":{"blob":"dHdv"}})");
  CHECK(socket.read() == "8 \x03\xe8");
}

TEST_CASE("a client that breaks the rules of WebSocket is told and cut off") {
  GatewayServer server;
  for (const auto& [bytes, code] : {std::pair<std::string, std::string>{std::string("\x81\x01x", 3), "\x03\xea"},
                                    {frame(0x83, "x"), "\x03\xea"},
                                    {text("\xff"), "\x03\xef"}}) {
    Socket socket(server, "/v3/watch");
    socket.send(bytes);
    CHECK(socket.read().starts_with("8 " + code));
    std::string heard;
    while ((heard = server.heard()).empty()) {
    }
    CHECK(heard == "gone;");
  }
}

TEST_CASE("a token comes as the protocol, as a cookie or in a header") {
  GatewayServer server;
  struct Case {
    const char* headers;
    const char* protocol;
    const char* authorization;
  };
  for (const Case& c : {Case{"Sec-WebSocket-Protocol: Bearer, X\r\n", "Bearer", "Bearer X"},
                        {"Cookie: a=b; token=Y\r\n", "", "Bearer Y"},
                        {"Cookie: token=Y\r\nSec-WebSocket-Protocol: Bearer, X\r\n", "Bearer", "Bearer Y"},
                        {"Authorization: Z\r\n", "", "Z"},
                        {"Sec-WebSocket-Protocol: other\r\n", "", ""}}) {
    CAPTURE(c.headers);
    Socket socket(server, "/v3/kv/range?text=true", c.headers);
    CHECK(header(socket.head, "Sec-WebSocket-Protocol") == c.protocol);
    socket.send(text(R"({"key":"authorization"})"));
    socket.read();
    CHECK(server.heard() == "key: \"authorization\";" + std::string(c.authorization) + ";");
  }
}

TEST_CASE("a handshake that is none is answered over HTTP") {
  GatewayServer server;
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string bad = server.ask("GET", "/v3/watch", "", upgrade + "Sec-WebSocket-Key: x\r\n");
  CHECK(status_line(bad) == "HTTP/1.1 400 Bad Request");
  CHECK(header(bad, "Sec-WebSocket-Version") == "13");
  CHECK(body(bad) == "Bad Request\n");
  CHECK(status_line(server.ask("GET", "/v3/watch", "", "Upgrade: websocket\r\n")) == "HTTP/1.1 405 Method Not Allowed");
  CHECK(status_line(server.ask("GET", "/v3/nope", "", upgrade)) == "HTTP/1.1 404 Not Found");
}
