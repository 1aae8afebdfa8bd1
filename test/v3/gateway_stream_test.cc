#include <doctest/doctest.h>

#include "gateway_harness.h"

using namespace viaduct;
using namespace viaduct::v3;

namespace {

constexpr const char* kCreate = R"({"create_request":{"key":"YQ=="}})";
constexpr const char* kCreated = "{\"result\":{\"header\":{\"revision\":\"7\"},\"created\":true}}\n";
constexpr const char* kTold =
    "{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":[{\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"8\"}},"
    "{\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"8\"}},"
    "{\"type\":\"DELETE\",\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"9\"}}]}}\n";

std::string chunk(std::string_view text) { return std::to_string(text.size()) + '|' + std::string(text); }

std::string hex_chunk(std::string_view text) {
  char size[16];
  snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + std::string(text) + "\r\n";
}

constexpr const char* kChunkedPost = " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("each message of a stream is one chunk, and the stream ends as the method says") {
  GatewayServer server;
  const std::string snapshot = server.post("/v3/maintenance/snapshot", "");
  CHECK(status_line(snapshot) == "HTTP/1.1 200 OK");
  CHECK(header(snapshot, "Content-Type") == "application/json");
  CHECK(header(snapshot, "Grpc-Metadata-Content-Type") == "application/grpc");
  CHECK(body(snapshot) ==
        chunk("{\"result\":{\"blob\":\"b25l\"}}\n") + chunk("{\"result\":{\"blob\":\"dHdv\"}}\n") + "0|\r\n");
  const std::string wrong = server.post("/v3/maintenance/snapshot", "{x");
  CHECK(status_line(wrong) == "HTTP/1.1 400 Bad Request");

  const std::string watch = server.post("/v3/watch", std::string(kCreate) + R"({"cancel_request":{}})");
  CHECK(body(watch) == chunk(kCreated) + chunk(kTold) + "0|\r\n");
  CHECK(server.heard() == "create_request { key: \"a\" };cancel_request { };");
}

TEST_CASE("a keep-alive answers every value of the body and then ends") {
  GatewayServer server;
  struct Case {
    const char* body;
    std::string reply;
  };
  const std::string one = chunk("{\"result\":{\"ID\":\"1\"}}\n"), two = chunk("{\"result\":{\"ID\":\"2\"}}\n");
  for (const Case& c : {Case{R"({"ID":1})", one + "0|\r\n"}, Case{R"({"ID":1} {"ID":"2"})", one + two + "0|\r\n"},
                        Case{R"({"ID":1}{"ID":"x"}{"ID":2})", one + "0|\r\n"}, Case{R"({"ID":1}{)", one + "0|\r\n"},
                        Case{"", "0|\r\n"}}) {
    CAPTURE(c.body);
    const std::string reply = server.post("/v3/lease/keepalive", c.body);
    CHECK(status_line(reply) == "HTTP/1.1 200 OK");
    CHECK(body(reply) == c.reply);
  }
  CHECK(header(server.post("/v3/lease/keepalive", ""), "Grpc-Metadata-Content-Type") == "");
}

TEST_CASE("a first value that makes no sense is an error, a later one the end of what the client says") {
  GatewayServer server;
  struct Case {
    const char* body;
    const char* complaint;
  };
  for (const Case& c :
       {Case{"{x", "invalid character 'x' looking for beginning of object key string"}, Case{"{", "unexpected EOF"},
        Case{"[]", "json: cannot unmarshal array into Go value of type map[string]json.RawMessage"},
        Case{R"({"create_request":{"key":1}})", "json: cannot unmarshal number into Go value of type []uint8"}}) {
    CAPTURE(c.body);
    const std::string reply = server.post("/v3/watch", c.body);
    const std::string complaint(c.complaint);
    CHECK(status_line(reply) == "HTTP/1.1 500 Internal Server Error");
    CHECK(header(reply, "Trailer") == "");
    CHECK(body(reply) == "{\"error\":\"" + complaint + "\",\"message\":\"" + complaint + "\",\"code\":2}");
    CHECK(server.heard() == "gone;");
  }
}

TEST_CASE("an error before the first message has its status, one after it a frame") {
  GatewayServer server;
  const std::string frame =
      "{\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"etcdserver: no leader\","
      "\"http_status\":\"Service Unavailable\"}}";
  const std::string before = server.post("/v3/watch", R"({"create_request":{"key":"ZmFpbA=="}})");
  CHECK(status_line(before) == "HTTP/1.1 503 Service Unavailable");
  CHECK(header(before, "Grpc-Metadata-Content-Type") == "");
  CHECK(body(before) == chunk(frame) + "0|\r\n");
  const std::string after = server.post("/v3/watch", std::string(kCreate) + R"({"create_request":{"key":"ZmFpbA=="}})");
  CHECK(status_line(after) == "HTTP/1.1 200 OK");
  CHECK(body(after) == chunk(kCreated) + chunk(kTold) + chunk(frame) + "0|\r\n");
}

TEST_CASE("values that arrive over time are taken as they come, cut anywhere") {
  GatewayServer server;
  GatewayClient client(server.address());
  client.send("POST /v3/lease/keepalive" + std::string(kChunkedPost));
  client.send(hex_chunk(R"({"I)"));
  client.send(hex_chunk(R"(D":1}{"ID")"));
  CHECK(client.read_until("\"1\"}}\n\r\n").starts_with("HTTP/1.1 200 OK"));
  client.send(hex_chunk(R"(:2})"));
  CHECK(client.read_until("}}\n\r\n") == hex_chunk("{\"result\":{\"ID\":\"2\"}}\n"));
  client.send("0\r\n\r\n");
  CHECK(client.read_until("0\r\n\r\n") == "0\r\n\r\n");
  client.send("POST /v3/kv/range HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");  // the connection goes on
  CHECK(client.read_until("\"count\":\"1\"}").starts_with("HTTP/1.1 200 OK"));
}

TEST_CASE("a watch outlives the end of its body, and dies with its client") {
  GatewayServer server;
  GatewayClient client(server.address());
  client.send("POST /v3/watch" + std::string(kChunkedPost) + hex_chunk(kCreate) + "0\r\n\r\n");
  client.read_until(kTold);
  std::string heard;
  while (heard.find("half-close;") == std::string::npos) heard += server.heard();
  CHECK(heard == "create_request { key: \"a\" };half-close;");
  client.reset();
  while ((heard = server.heard()).empty()) {
  }
  CHECK(heard == "gone;");
}

TEST_CASE("a stream that has said nothing yet ends with its client, too") {
  GatewayServer server;
  GatewayClient client(server.address());
  client.send("POST /v3/watch HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  std::string heard;
  while (heard.find("half-close;") == std::string::npos) heard += server.heard();
  client.close();
  while ((heard = server.heard()).empty()) {
  }
  CHECK(heard == "gone;");
}

TEST_CASE("a stream's deadline ends it, with a status or a frame") {
  GatewayServer server;
  GatewayClient silent(server.address()), talking(server.address());
  silent.send("POST /v3/watch HTTP/1.1\r\nHost: x\r\nGrpc-Timeout: 1S\r\nContent-Length: 2\r\n\r\n{}");
  talking.send("POST /v3/watch HTTP/1.1\r\nHost: x\r\nGrpc-Timeout: 1S\r\nContent-Length: 33\r\n\r\n" +
               std::string(kCreate));
  talking.read_until(kTold);
  std::string heard;
  while (heard.size() < 2 * sizeof("half-close") + sizeof("create_request { key: \"a\" };")) heard += server.heard();
  server.pass(std::chrono::milliseconds(1001));
  const std::string late = silent.read_until("\"code\":4}");
  CHECK(status_line(late) == "HTTP/1.1 504 Gateway Timeout");
  CHECK(talking.read_until("0\r\n\r\n") ==
        "\r\n" +
            hex_chunk("{\"error\":{\"grpc_code\":4,\"http_code\":504,\"message\":\"context deadline exceeded\","
                      "\"http_status\":\"Gateway Timeout\"}}") +
            "0\r\n\r\n");
  CHECK(server.heard() == "gone;gone;");
}

TEST_CASE("a value of a stream is as large as a body may be") {
  GatewayServer server("3.4.23", {{"*"}, {"*"}}, 0);  // and 512 KiB
  const std::string large = "{\"x\":\"" + std::string(4 * (512 << 10), 'A') + "\"}";
  const std::string reply = server.post("/v3/lease/keepalive", large);
  CHECK(status_line(reply) == "HTTP/1.1 429 Too Many Requests");
  CHECK(body(server.post("/v3/lease/keepalive", R"({"ID":1})" + large)) ==
        chunk("{\"result\":{\"ID\":\"1\"}}\n") + "0|\r\n");
}
