#include "peer/port.h"

#include "peer/frame_codec.h"
#include "peer/http_client.h"
#include "test/peer/world.h"
#include "test/support/manual_clock.h"

namespace viaduct::peer {
namespace {

using namespace std::chrono_literals;

constexpr MemberId kOne(1);
constexpr MemberId kTwo(2);

// Says what a member would, and what none would, to the port of member 1.
class Caller {
 public:
  explicit Caller(const Member& one) : client_(one.peer().urls[0]) {}

  HttpReply ask(std::string method, std::string target, std::string body = "") {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = headers;
    request.body = std::move(body);
    return client_.send(request);
  }
  HttpReply shake_hands(std::string kind = "bulk") { return ask("POST", "/viaduct/peer/handshake?kind=" + kind); }
  // The stream's body is `bytes`; then it waits for the answer.
  HttpReply stream(const std::string& token, const std::string& bytes, std::string kind = "bulk", bool end = false) {
    HttpRequest request;
    request.method = "POST";
    request.target = "/viaduct/peer/stream?kind=" + kind;
    request.headers = headers;
    request.headers.emplace_back("X-Viaduct-Token", token);
    return client_.stream(request, [&](HttpBody& body) {
      std::string chunk(HttpBody::kChunkHeadBytes, '\0');
      chunk += bytes;
      if (!body.write(chunk)) return;
      const WakeUp never;
      while (!end && body.wait(never.descriptor(), 10s)) {
      }
    });
  }

  std::vector<std::pair<std::string, std::string>> headers = greeting_headers(options_of(2).identity, kOne);

 private:
  HttpClient client_;
};

void set(std::vector<std::pair<std::string, std::string>>& headers, std::string_view name, std::string value) {
  for (auto& [key, old] : headers) {
    if (key == name) old = std::move(value);
  }
}

std::string read_index(uint64_t token) {
  std::string bytes;
  append_frame(bytes, ReadIndexRequest{token});
  return bytes;
}

TEST_CASE("probing is answered here, and all else by the fallback") {
  Member one(options_of(1));
  Caller caller(one);
  const HttpReply probe = caller.ask("GET", "/raft/probing");
  CHECK(probe.status == 200);
  CHECK(probe.body.starts_with("{\"OK\":true,\"Now\":\"20"));
  CHECK(caller.ask("GET", "/version").body == "fallback");
  CHECK(caller.ask("GET", "/viaduct/peer/other").body == "fallback");
  CHECK(caller.ask("GET", "/viaduct/peer/handshake?kind=bulk").status == 405);
  CHECK(caller.ask("GET", "/viaduct/peer/stream?kind=bulk").status == 405);
}

TEST_CASE("a handshake is refused for what is wrong with it") {
  struct Case {
    const char* name;
    const char* header;
    const char* value;
    int status;
    const char* text;
  };
  Member one(options_of(1));
  one.listener.set_standing(kTwo, Standing::kMember);
  one.listener.set_standing(MemberId(3), Standing::kRemoved);
  for (const Case& c : {
           Case{"good", "X-Server-From", "2", 200, ""},
           Case{"another cluster", "X-Etcd-Cluster-ID", "c2", 412, "cluster ID mismatch"},
           Case{"another format", "X-Viaduct-Peer-Format", "3", 412, "incompatible version"},
           Case{"for another member", "X-Raft-To", "3", 403, "to field mismatch"},
           Case{"from ourselves", "X-Server-From", "1", 403, "to field mismatch"},
           Case{"unknown", "X-Server-From", "4", 403, "error sender not found"},
           Case{"removed", "X-Server-From", "3", 410, "the member has been permanently removed from the cluster"},
           Case{"no number", "X-Server-From", "0x2", 400, "malformed handshake"},
           Case{"too large a number", "X-Server-From", "10000000000000000", 400, "malformed handshake"},
           Case{"nothing", "X-Viaduct-Incarnation", "", 400, "malformed handshake"},
       }) {
    CAPTURE(c.name);
    Caller caller(one);
    set(caller.headers, c.header, c.value);
    const HttpReply reply = caller.shake_hands();
    CHECK(reply.status == c.status);
    if (c.status != 200) CHECK(reply.body == c.text);
    if (c.status != 400) CHECK(reply.find_header("X-Etcd-Cluster-ID") == "c1");
  }
  Caller caller(one);
  CHECK(caller.shake_hands("large").status == 400);
  CHECK(caller.ask("POST", "/viaduct/peer/handshake").status == 400);
  CHECK(caller.ask("POST", "/viaduct/peer/handshake?kind=bulk", std::string(64 << 10, 'x')).status == 200);
  CHECK(caller.ask("POST", "/viaduct/peer/handshake?kind=bulk", std::string((64 << 10) + 1, 'x')).status == 413);
}

TEST_CASE("a token opens one stream, of its kind, for its incarnation, until the next is given") {
  Member one(options_of(1));
  one.listener.set_standing(kTwo, Standing::kMember);
  const auto opens = [&](Caller& caller, const std::string& token, const char* kind = "bulk") {
    caller.stream(token, read_index(1), kind, true);
    return !one.listener.take_frames(kTwo).empty();
  };
  Caller caller(one);
  const std::string token = caller.shake_hands().body;
  CHECK_FALSE(opens(caller, ""));
  CHECK_FALSE(opens(caller, token + "0"));
  CHECK_FALSE(opens(caller, token, "control"));
  Caller reborn(one);
  set(reborn.headers, "X-Viaduct-Incarnation", "777");
  CHECK_FALSE(opens(reborn, token));
  CHECK(opens(caller, token));
  CHECK_FALSE(opens(caller, token));
  const std::string first = caller.shake_hands().body;
  const std::string second = caller.shake_hands().body;
  CHECK(first != second);
  CHECK_FALSE(opens(caller, first));
  CHECK(opens(caller, second));
  const std::string old = caller.shake_hands().body;
  CHECK(reborn.shake_hands().status == 200);
  CHECK_FALSE(opens(caller, old));
  CHECK(one.port->counters().wrong_tokens.value() == 7);
}

TEST_CASE("an older process of a member is refused once a newer one was there") {
  Member one(options_of(1));
  one.listener.set_standing(kTwo, Standing::kMember);
  Caller older(one), newer(one);
  set(older.headers, "X-Viaduct-Incarnation", "5");
  set(newer.headers, "X-Viaduct-Incarnation", "6");
  const std::string given = older.shake_hands().body;
  CHECK(newer.shake_hands("control").status == 200);
  const HttpReply refused = older.shake_hands("control");
  CHECK(refused.status == 409);
  CHECK(refused.body == "superseded by a newer incarnation");
  CHECK(refused.find_header("X-Viaduct-Incarnation") == "6");
  older.stream(given, read_index(1), "bulk", true);
  CHECK(one.listener.take_frames(kTwo).empty());  // what it was given before is worth nothing any more
  CHECK(newer.shake_hands().status == 200);
  CHECK(one.port->counters().older_incarnations.value() == 1);
}

TEST_CASE("strangers that say nothing make room for others") {
  Member one(options_of(1));
  for (uint64_t id = 10; id < 110; ++id) {
    CAPTURE(id);
    one.listener.set_standing(MemberId(id), Standing::kStranger);
    Caller stranger(one);
    set(stranger.headers, "X-Server-From", to_hex(id));
    CHECK(stranger.shake_hands().status == 200);
    CHECK(one.links->figures().size() <= 8);
  }
}

TEST_CASE("garbage ends a stream, and what came before it counts") {
  Member one(options_of(1));
  one.listener.set_standing(kTwo, Standing::kMember);
  std::string damaged = read_index(2);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  std::string too_long;
  put_le32(too_long, (1 << 20) + 1);
  too_long.append(4, 'x');
  uint64_t cuts = 0;
  for (const std::string& garbage : {damaged, too_long, std::string(100, '\0'), std::string(100, '\xff')}) {
    Caller caller(one);
    caller.stream(caller.shake_hands("control").body, read_index(1) + garbage, "control");
    REQUIRE(one.listener.await_frames(kTwo, 1));
    CHECK(one.listener.take_frames(kTwo).size() == 1);
    CHECK(poll_until([&] { return one.port->counters().damaged.value() == cuts + 1; }));
    ++cuts;
  }
}

TEST_CASE("messages that are not the stream's peer's to us are dropped and counted") {
  Member one(options_of(1));
  one.listener.set_standing(kTwo, Standing::kMember);
  std::string bytes;
  append_frame(bytes, heartbeat_of(3, 1, 1));
  append_frame(bytes, heartbeat_of(2, 3, 1));
  append_frame(bytes, heartbeat_of(2, 1, 1));
  Caller caller(one);
  caller.stream(caller.shake_hands("control").body, bytes, "control", true);
  REQUIRE(one.listener.await_frames(kTwo, 1));
  CHECK(one.listener.take_frames(kTwo).size() == 1);
  CHECK(one.port->counters().misdirected.value() == 2);
}

TEST_CASE("a newer stream of the same kind ends the older one") {
  Member one(options_of(1));
  one.listener.set_standing(kTwo, Standing::kMember);
  Caller older(one);
  std::thread waiting([&] { older.stream(older.shake_hands().body, read_index(1)); });
  REQUIRE(one.listener.await_frames(kTwo, 1));
  Caller newer(one);
  newer.stream(newer.shake_hands().body, read_index(2), "bulk", true);
  waiting.join();
  CHECK(one.listener.await_frames(kTwo, 2));
}

}  // namespace
}  // namespace viaduct::peer
