#include <doctest/doctest.h>

#include "etcdserverpb/rpc.pb.h"
#include "gateway_harness.h"
#include "v3/server_sent_events.h"

using namespace viaduct;
using namespace viaduct::v3;

namespace {

std::string events_of(const etcdserverpb::WatchResponse& response, bool with_ids, bool starts_now = true) {
  JsonTypes types;
  const JsonType& type = types.add(*response.GetDescriptor());
  std::string text;
  append_watch_events(text, response, {nullptr, &type, BytesAs::kText}, with_ids, starts_now);
  return text;
}

etcdserverpb::WatchResponse with_events(std::initializer_list<int64_t> revisions) {
  etcdserverpb::WatchResponse response;
  response.mutable_header()->set_revision(100);
  for (const int64_t revision : revisions) {
    mvccpb::Event* const event = response.add_events();
    event->mutable_kv()->set_key("k");
    event->mutable_kv()->set_mod_revision(revision);
  }
  return response;
}

// The chunks of a stream as one text.
std::string stream_text(std::string_view reply) {
  std::string text;
  const std::string chunks = body(reply);
  for (std::string_view rest = chunks; !rest.empty();) {
    const size_t bar = rest.find('|');
    const size_t size = std::stoul(std::string(rest.substr(0, bar)));
    if (size == 0) break;
    text += rest.substr(bar + 1, size);
    rest.remove_prefix(bar + 1 + size);
  }
  return text;
}

}  // namespace

TEST_CASE("of each revision the last event carries the id, unless the rest is in the next fragment") {
  const std::string of8 = R"({"kv":{"key":"k","mod_revision":"8"}})", of9 = R"({"kv":{"key":"k","mod_revision":"9"}})";
  etcdserverpb::WatchResponse response = with_events({8, 8, 9});
  CHECK(events_of(response, true) == "event: put\ndata: " + of8 + "\n\nid: 8\nevent: put\ndata: " + of8 +
                                         "\n\nid: 9\nevent: put\ndata: " + of9 + "\n\n");
  response.set_fragment(true);
  CHECK(events_of(response, true) ==
        "event: put\ndata: " + of8 + "\n\nid: 8\nevent: put\ndata: " + of8 + "\n\nevent: put\ndata: " + of9 + "\n\n");
  CHECK(events_of(response, false).find("id:") == std::string::npos);
}

TEST_CASE("what is no event of a key is named by what it is") {
  etcdserverpb::WatchResponse response = with_events({});
  CHECK(events_of(response, true) == "id: 100\nevent: progress\ndata: {\"header\":{\"revision\":\"100\"}}\n\n");
  response.set_created(true);
  const std::string created = "event: created\ndata: {\"header\":{\"revision\":\"100\"},\"created\":true}\n\n";
  CHECK(events_of(response, true) == "id: 100\n" + created);
  CHECK(events_of(response, true, false) == created);  // it begins in the past, before that revision
  response.set_canceled(true);
  response.set_compact_revision(5);
  CHECK(events_of(response, true) ==
        "event: canceled\ndata: {\"header\":{\"revision\":\"100\"},\"created\":true,\"canceled\":true,"
        "\"compact_revision\":\"5\"}\n\n");
}

TEST_CASE("a deletion and a second watch of the stream say so") {
  etcdserverpb::WatchResponse response = with_events({8});
  response.mutable_events(0)->set_type(mvccpb::Event::DELETE);
  response.set_watch_id(3);
  CHECK(events_of(response, false) ==
        "event: delete\ndata: "
        "{\"watch_id\":\"3\",\"type\":\"DELETE\",\"kv\":{\"key\":\"k\",\"mod_revision\":\"8\"}}\n\n");
  response.mutable_events(0)->Clear();
  CHECK(events_of(response, false) == "event: put\ndata: {\"watch_id\":\"3\"}\n\n");
}

TEST_CASE("a watch is asked for by GET in plain text, and answered in events") {
  GatewayServer server;
  GatewayClient client(server.address());
  client.send("GET /v3/watch?key=/a&prefix=true&prev_kv=true HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(status_line(head) == "HTTP/1.1 200 OK");
  CHECK(header(head, "Content-Type") == "text/event-stream");
  CHECK(header(head, "Cache-Control") == "no-cache");
  CHECK(header(head, "Access-Control-Allow-Origin") == "*");
  std::string events = client.read_until("event: delete\ndata: ");
  events += client.read_until("\n\n");
  CHECK(events.find("id: 7\nevent: created\n") != std::string::npos);
  CHECK(events.find("event: put\ndata: {\"kv\":{\"key\":\"/a\",\"mod_revision\":\"8\"}}\n\nid: 8\n") !=
        std::string::npos);
  CHECK(events.find("id: 9\nevent: delete\n") != std::string::npos);
  std::string heard = server.heard();
  while (heard.find("half-close") == std::string::npos) heard += server.heard();
  CHECK(heard == "create_request { key: \"/a\" range_end: \"/b\" prev_kv: true };half-close;");

  server.pass(std::chrono::milliseconds(14'999));
  server.pass(std::chrono::milliseconds(2));
  CHECK(client.read_until(":\n\n") == "\r\n3\r\n:\n\n");
  server.pass(std::chrono::seconds(15));
  CHECK(client.read_until(":\n\n") == "\r\n3\r\n:\n\n");
  client.reset();
  while ((heard = server.heard()).empty()) {
  }
  CHECK(heard == "gone;");
}

TEST_CASE("who comes back with the last id starts behind it") {
  GatewayServer server;
  struct Case {
    const char* target;
    const char* id;
    const char* heard;
  };
  for (const Case& c :
       {Case{"/v3/watch?key=a", "41", "create_request { key: \"a\" start_revision: 42 };"},
        {"/v3/watch?key=a&start_revision=7", "41", "create_request { key: \"a\" start_revision: 42 };"},
        {"/v3/watch?key=a&start_revision=50", "41", "create_request { key: \"a\" start_revision: 50 };"},
        {"/v3/watch?key=a&start_revision=50", "", "create_request { key: \"a\" start_revision: 50 };"}}) {
    CAPTURE(c.target);
    GatewayClient client(server.address());
    const std::string id = *c.id ? "Last-Event-ID: " + std::string(c.id) + "\r\n" : "";
    client.send("GET " + std::string(c.target) + " HTTP/1.1\r\nHost: x\r\n" + id + "\r\n");
    const std::string events = client.read_until("event: delete");
    CHECK(events.find("id: 7") == std::string::npos);  // the confirmation of a watch that begins in the past
    CHECK(server.heard().starts_with(c.heard));
    client.reset();
    while (server.heard().find("gone") == std::string::npos) {
    }
  }
  for (const char* id : {"x", "-1", "1x", "9223372036854775807", "99999999999999999999"}) {
    const std::string reply = server.ask("GET", "/v3/watch?key=a", "", "Last-Event-ID: " + std::string(id) + "\r\n");
    CHECK(status_line(reply) == "HTTP/1.1 400 Bad Request");
    CHECK(reply.find("invalid Last-Event-ID: " + std::string(id)) != std::string::npos);
  }
}

TEST_CASE("a posted stream is answered in events when it asks for them") {
  GatewayServer server;
  constexpr const char* kEvents = "Accept: text/event-stream\r\n";
  const std::string watch =
      server.post("/v3/watch", R"({"create_request":{"key":"YQ=="}}{"create_request":{"key":"ZmFpbA=="}})", kEvents);
  CHECK(header(watch, "Content-Type") == "text/event-stream");
  CHECK(stream_text(watch) ==
        "event: created\ndata: {\"header\":{\"revision\":\"7\"},\"created\":true}\n\n"
        "event: put\ndata: {\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"8\"}}\n\n"
        "event: put\ndata: {\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"8\"}}\n\n"
        "event: delete\ndata: {\"type\":\"DELETE\",\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"9\"}}\n\n"
        "event: failure\ndata: {\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"etcdserver: no leader\","
        "\"http_status\":\"Service Unavailable\"}}\n\n");
  CHECK(stream_text(server.post("/v3/lease/keepalive", R"({"ID":1})", kEvents)) == "data: {\"ID\":\"1\"}\n\n");
  CHECK(header(server.post("/v3/kv/range", "", kEvents), "Content-Type") == "application/json");
  CHECK(status_line(server.post("/v3/watch", "{x", kEvents)) == "HTTP/1.1 500 Internal Server Error");
}

TEST_CASE("only what changes nothing is asked for by GET, and only with what it needs") {
  GatewayServer server;
  CHECK(body(server.ask("GET", "/v3/kv/range?key=/a%2Fb")) ==
        R"({"header":{},"kvs":[{"key":"/a/b","value":"/a/b"}],"count":"1"})");
  CHECK(server.heard() == "key: \"/a/b\";");
  server.ask("GET", "/v3/kv/range?key=&prefix=true&limit=5&serializable=true&sort_order=DESCEND&sort_target=2&nope=1");
  CHECK(server.heard() ==
        "key: \"\\000\" range_end: \"\\000\" limit: 5 sort_order: DESCEND sort_target: CREATE serializable: true;");
  server.ask("GET", "/v3/kv/range?key=a%FF&prefix");
  CHECK(server.heard() == "key: \"a\\357\\277\\275\" range_end: \"a\\357\\277\\276\";");
  struct Case {
    const char* target;
    const char* status;
    const char* complaint;
  };
  for (const Case& c :
       {Case{"/v3/kv/range?limit=1", "405", "Method Not Allowed"},
        {"/v3/maintenance/snapshot?key=a", "405", "Method Not Allowed"},
        {"/v3/kv/range?key=a&limit=x", "400", "invalid character 'x' looking for beginning of value"},
        {"/v3/kv/range?key=a&serializable=1", "400", "json: cannot unmarshal string into Go value of type bool"},
        {"/v3/kv/range?key=a&sort_order=UP", "400", "unknown value \\\"UP\\\" for enum"},
        {"/v3/kv/range?key=a&b;c", "400", "invalid semicolon separator in query"}}) {
    CAPTURE(c.target);
    const std::string reply = server.ask("GET", c.target);
    CHECK(status_line(reply).starts_with("HTTP/1.1 " + std::string(c.status)));
    CHECK(reply.find(c.complaint) != std::string::npos);
  }
}

TEST_CASE("plain text is asked for by query or header") {
  GatewayServer server;
  struct Case {
    const char* target;
    const char* header;
    bool text;
  };
  for (const Case& c : {Case{"/v3/kv/range?text=true", "", true},
                        {"/v3/kv/range?text", "", true},
                        {"/v3/kv/range", "X-Viaduct-Text: true\r\n", true},
                        {"/v3/kv/range?text=false", "X-Viaduct-Text: true\r\n", false},
                        {"/v3/kv/range", "X-Viaduct-Text: no\r\n", false},
                        {"/v3/kv/range", "", false}}) {
    CAPTURE(c.target);
    CAPTURE(c.header);
    const char* const key = c.text ? R"({"key":"/a"})" : R"({"key":"L2E="})";
    const std::string shown = c.text ? "/a" : "L2E=";
    CHECK(body(server.post(c.target, key, c.header)) ==
          R"({"header":{},"kvs":[{"key":")" + shown + R"(","value":")" + shown + R"("}],"count":"1"})");
    CHECK(server.heard() == "key: \"/a\";");
  }
  CHECK(body(server.ask("GET", "/v3/kv/range?key=/a&text=false")).find("\"L2E=\"") != std::string::npos);
  CHECK(body(server.post("/v3/kv/range?text=true", R"({"key":{"base64":"//8="}})")) ==
        R"({"header":{},"kvs":[{"key":{"base64":"//8="},"value":{"base64":"//8="}}],"count":"1"})");
}
