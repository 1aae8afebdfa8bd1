#include "v3/gateway.h"

#include <doctest/doctest.h>

#include "gateway_harness.h"

using namespace viaduct;
using namespace viaduct::v3;

namespace {

constexpr const char* kKeyA = R"({"key":"YQ=="})";
constexpr const char* kOfA = R"({"header":{},"kvs":[{"key":"YQ==","value":"YQ=="}],"count":"1"})";

}  // namespace

TEST_CASE("a path is served, moved or refused as etcd does it") {
  GatewayServer server;
  struct Case {
    const char* method;
    const char* target;
    const char* status;
    const char* body;
    const char* location;
  };
  const std::string moved = "<a href=\"/v3/\">Moved Permanently</a>.\n\n";
  for (const Case& c : {
           Case{"POST", "/v3/kv/range", "HTTP/1.1 200 OK", kOfA, ""},
           Case{"POST", "/v3beta/kv/range", "HTTP/1.1 200 OK", kOfA, ""},
           Case{"POST", "/v3alpha/kv/range", "HTTP/1.1 200 OK", kOfA, ""},
           Case{"POST", "/v3/kv/range?limit=1", "HTTP/1.1 200 OK", kOfA, ""},
           Case{"POST", "/v3/kv%2frange", "HTTP/1.1 200 OK", kOfA, ""},
           Case{"POST", "/v3/kv/r%61nge", "HTTP/1.1 200 OK", kOfA, ""},
           Case{"GET", "/v3/kv/range", "HTTP/1.1 405 Method Not Allowed", "Method Not Allowed\n", ""},
           Case{"PUT", "/v3/watch", "HTTP/1.1 405 Method Not Allowed", "Method Not Allowed\n", ""},
           Case{"POST", "/v3/kv/range/", "HTTP/1.1 404 Not Found", "Not Found\n", ""},
           Case{"POST", "/v3/KV/range", "HTTP/1.1 404 Not Found", "Not Found\n", ""},
           Case{"GET", "/v3/nope", "HTTP/1.1 404 Not Found", "Not Found\n", ""},
           Case{"POST", "/v3/", "HTTP/1.1 404 Not Found", "Not Found\n", ""},
           Case{"POST", "/v3beta/", "HTTP/1.1 404 Not Found", "Not Found\n", ""},
           Case{"POST", "/v3", "HTTP/1.1 301 Moved Permanently", "", "/v3/"},
           Case{"POST", "/v3?x=1", "HTTP/1.1 301 Moved Permanently", "", "/v3/?x=1"},
           Case{"GET", "/v3", "HTTP/1.1 301 Moved Permanently", moved.c_str(), "/v3/"},
           Case{"POST", "/v3//kv/range", "HTTP/1.1 301 Moved Permanently", "", "/v3/kv/range"},
           Case{"POST", "/v3beta/kv/../kv/range", "HTTP/1.1 301 Moved Permanently", "", "/v3/kv/range"},
           Case{"OPTIONS", "/v3/nope", "HTTP/1.1 200 OK", "", ""},
       }) {
    CAPTURE(c.method);
    CAPTURE(c.target);
    const std::string reply = server.ask(c.method, c.target, kKeyA);
    CHECK(status_line(reply) == c.status);
    CHECK(body(reply) == c.body);
    CHECK(header(reply, "Location") == c.location);
    CHECK(header(reply, "Access-Control-Allow-Origin") == "*");
  }
  CHECK(body(server.ask("HEAD", "/v3/kv/range")) == "");
}

TEST_CASE("a path belongs to the gateway or to others") {
  for (const char* path : {"/v3", "/v3/", "/v3/kv/range", "/v3beta/kv", "/v3alpha/"}) CHECK(Gateway::owns(path));
  for (const char* path : {"/", "/v3x", "/v3beta", "/v3alpha", "/v2/keys", "/V3/kv", "/v3gamma/kv"}) {
    CHECK(!Gateway::owns(path));
  }
}

TEST_CASE("hosts and origins are checked before anything else") {
  GatewayServer server("3.4.23", {{"https://good"}, {"good"}});
  CHECK(status_line(server.post("/v3/kv/range", kKeyA)) == "HTTP/1.1 421 Misdirected Request");

  GatewayServer open("3.4.23", {{"https://good"}, {}});
  const std::string good = open.post("/v3/kv/range", kKeyA, "Origin: https://good\r\n");
  CHECK(status_line(good) == "HTTP/1.1 200 OK");
  CHECK(header(good, "Access-Control-Allow-Origin") == "https://good");
  CHECK(status_line(open.post("/v3/kv/range", kKeyA, "Origin: https://evil\r\n")) == "HTTP/1.1 403 Forbidden");
}

TEST_CASE("a unary call answers with the headers and the shapes of etcd") {
  GatewayServer server;
  const std::string good = server.post("/v3/kv/range", kKeyA, "Accept: text/html\r\nContent-Type: text/plain\r\n");
  CHECK(header(good, "Content-Type") == "application/json");
  CHECK(header(good, "Grpc-Metadata-Content-Type") == "application/grpc");
  CHECK(header(good, "Trailer") == "");
  CHECK(body(good) == kOfA);
  CHECK(body(server.post("/v3/kv/range", std::string(kKeyA) + " garbage")) == kOfA);
  CHECK(body(server.post("/v3/kv/range", "")) == R"({"header":{},"kvs":[{}],"count":"1"})");

  const std::string failed = server.post("/v3/kv/range", R"({"key":"ZmFpbA=="})");
  CHECK(status_line(failed) == "HTTP/1.1 400 Bad Request");
  CHECK(header(failed, "Content-Type") == "application/json");
  CHECK(header(failed, "Grpc-Metadata-Content-Type") == "");
  CHECK(header(failed, "Trailer") == "Grpc-Trailer-Content-Type");
  CHECK(body(failed) ==
        "72|{\"error\":\"not \\u003cnow\\u003e\",\"message\":\"not \\u003cnow\\u003e\",\"code\":9}"
        "0|Grpc-Trailer-Content-Type: application/grpc\r\n\r\n");

  const std::string wrong = server.post("/v3/kv/range", "{x");
  CHECK(status_line(wrong) == "HTTP/1.1 400 Bad Request");
  CHECK(header(wrong, "Trailer") == "");
  CHECK(body(wrong) ==
        "{\"error\":\"invalid character 'x' looking for beginning of object key string\","
        "\"message\":\"invalid character 'x' looking for beginning of object key string\",\"code\":3}");
}

TEST_CASE("the order of an error's fields is that of the release") {
  GatewayServer server("3.5.21");
  CHECK(body(server.post("/v3/kv/range", "{")) == R"({"error":"unexpected EOF","code":3,"message":"unexpected EOF"})");
}

TEST_CASE("a message too large is refused with its size, a body too large without") {
  GatewayServer server("3.4.23", {{"*"}, {"*"}}, 1000);  // and 512 KiB
  const std::string message = server.post("/v3/kv/range", "{\"key\":\"" + std::string(708'000, 'A') + "\"}");
  CHECK(status_line(message) == "HTTP/1.1 429 Too Many Requests");
  CHECK(body(message).find("grpc: received message larger than max (531004 vs. 525288)") != std::string::npos);
  const std::string body_text = server.post("/v3/kv/range", "{\"x\":\"" + std::string(4 * 525'288, 'A') + "\"}");
  CHECK(status_line(body_text) == "HTTP/1.1 429 Too Many Requests");
  CHECK(body_text.find("http: request body too large") != std::string::npos);
}

TEST_CASE("headers become metadata") {
  GatewayServer server;
  server.post("/v3/kv/range", R"({"key":"dG9rZW4="})", "Grpc-Metadata-Token: abc\r\n");
  CHECK(server.heard() == "key: \"token\";abc;");
  server.post("/v3/kv/range", R"({"key":"YXV0aG9yaXphdGlvbg=="})", "AUTHORIZATION: Bearer x\r\n");
  CHECK(server.heard() == "key: \"authorization\";Bearer x;");
  const std::string leaderless = server.post("/v3/kv/range", kKeyA, "Grpc-Metadata-hasleader: true\r\n");
  CHECK(status_line(leaderless) == "HTTP/1.1 503 Service Unavailable");
  CHECK(server.heard() == "");
}

TEST_CASE("a stream that may not begin ends as streams do") {
  GatewayServer server;
  const std::string refused =
      server.post("/v3/watch", R"({"create_request":{"key":"YQ=="}})", "Grpc-Metadata-hasleader: true\r\n");
  CHECK(status_line(refused) == "HTTP/1.1 503 Service Unavailable");
  CHECK(refused.find(R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader",)"
                     R"("http_status":"Service Unavailable"}})") != std::string::npos);
  CHECK(server.heard() == "");
}

TEST_CASE("a timeout is read as Go reads it") {
  GatewayServer server;
  struct Case {
    const char* text;
    const char* complaint;
  };
  for (const Case& c : {Case{"5S", ""},
                        {"+5S", ""},
                        {"0S", ""},
                        {"00000000000005S", ""},
                        {"99999999999999999H", ""},
                        {"x", "invalid grpc-timeout: x"},
                        {"1", "invalid grpc-timeout: 1"},
                        {"S", "invalid grpc-timeout: S"},
                        {"1s", "invalid grpc-timeout: 1s"},
                        {"5 S", "invalid grpc-timeout: 5 S"},
                        {"-S", "invalid grpc-timeout: -S"}}) {
    CAPTURE(c.text);
    const std::string reply = server.post("/v3/kv/range", kKeyA, "Grpc-Timeout: " + std::string(c.text) + "\r\n");
    const std::string complaint(c.complaint);
    const std::string error = "{\"error\":\"" + complaint + "\",\"message\":\"" + complaint + "\",\"code\":3}";
    CHECK(body(reply) == (complaint.empty() ? kOfA : error));
  }
}

TEST_CASE("a timeout that is over before the call begins is told so") {
  GatewayServer server;
  for (const char* text : {"-1S", "1n", "-99999999999H"}) {
    CAPTURE(text);
    const std::string reply = server.post("/v3/kv/range", kKeyA, "Grpc-Timeout: " + std::string(text) + "\r\n");
    CHECK(status_line(reply) == "HTTP/1.1 504 Gateway Timeout");
    CHECK(header(reply, "Trailer") == "");
    CHECK(server.heard() == "");
  }
}

TEST_CASE("a call that takes too long, is dropped or is left ends each in its way") {
  GatewayServer server;
  constexpr const char* kPark = "POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n";
  constexpr const char* kBody = "\r\n{\"key\":\"cGFyaw==\"}";
  {
    GatewayClient client(server.address());
    client.send(std::string(kPark) + "Grpc-Timeout: 300m\r\nConnection: close\r\n" + kBody);
    while (server.heard().empty()) {
    }
    server.pass(std::chrono::milliseconds(299));
    CHECK(server.heard() == "");
    server.pass(std::chrono::milliseconds(2));
    const std::string late = client.read_to_end();
    CHECK(status_line(late) == "HTTP/1.1 504 Gateway Timeout");
    CHECK(header(late, "Trailer") == "");
    CHECK(body(late) == R"({"error":"context deadline exceeded","message":"context deadline exceeded","code":4})");
    CHECK(server.heard() == "gone;");
  }
  const std::string dropped = server.post("/v3/kv/range", R"({"key":"ZHJvcA=="})");
  CHECK(status_line(dropped) == "HTTP/1.1 503 Service Unavailable");
  CHECK(dropped.find("etcdserver: server stopped") != std::string::npos);
  server.heard();
  for (const bool resets : {true, false}) {
    GatewayClient client(server.address());
    client.send(std::string(kPark) + kBody);
    while (server.heard().empty()) {
    }
    resets ? client.reset() : client.close();
    std::string heard;
    while ((heard = server.heard()).empty()) {
    }
    CHECK(heard == "gone;");
  }
}
