#include "v2/stats_routes.h"

#include <doctest/doctest.h>

#include <string>

#include "test/support/manual_clock.h"
#include "test/v2/loopback.h"
#include "test/v3bridge/bridge_engine.h"
#include "v2/front.h"

namespace viaduct::v2 {
namespace {

using v3bridge::RaftRole;
using v3bridge::Traffic;
using namespace std::chrono_literals;

constexpr int64_t kWallAtStart = 1'500'000'000'000'000'000 + 1'000'000'000'000;  // of the manual clock

class StatsServer {
 public:
  StatsServer() {
    front_.add("/v2/stats/self", "GET", self_);
    front_.add("/v2/stats/leader", "GET", leader_);
    engine.raft.role = RaftRole::kLeader;
    engine.raft.leader_since_wall_ns = kWallAtStart;
  }

  std::string get(const std::string& target) {
    const std::string reply = loopback_.ask("GET " + target + " HTTP/1.1\nHost: x\n");
    return reply.substr(9, 4) + reply.substr(reply.find("\r\n\r\n") + 4);
  }
  std::string self() { return get("/v2/stats/self"); }

  v3bridge::BridgeEngine engine;
  ManualClock clock;

 private:
  SelfStats self_{engine, clock, "one", kWallAtStart};
  LeaderStats leader_{engine};
  net::SiteAccess access_{{{"*"}, {"*"}}};
  Front front_{access_};
  Loopback loopback_{front_};
};

Traffic with(uint64_t id) {
  Traffic traffic;
  traffic.id = MemberId(id);
  return traffic;
}

TEST_CASE("a member's own figures: as leader, as follower, and while there is no leader") {
  StatsServer server;
  const std::string who = R"(200 {"name":"one","id":"a","state":)";
  const std::string started = R"("startTime":"2017-07-14T02:56:40Z")";
  const std::string counts = R"(,"recvAppendRequestCnt":0,"sendAppendRequestCnt":0})";
  server.clock.advance(431'387'252'430ns);
  CHECK(server.self() == who + R"("StateLeader",)" + started +
                             R"(,"leaderInfo":{"leader":"a","uptime":"7m11.38725243s",)" + started + "}" + counts);
  server.engine.raft.role = RaftRole::kFollower;
  server.engine.raft.leader = MemberId(0xb);
  CHECK(server.self() == who + R"("StateFollower",)" + started +
                             R"(,"leaderInfo":{"leader":"b","uptime":"7m11.38725243s",)" + started + "}" + counts);
  server.engine.raft.role = RaftRole::kPreCandidate;
  server.engine.raft.leader = {};
  CHECK(server.self() == who + R"("StatePreCandidate",)" + started +
                             R"(,"leaderInfo":{"leader":"","uptime":"0s","startTime":"0001-01-01T00:00:00Z"})" +
                             counts);
}

TEST_CASE("appends of all members add up, and rates are shown while there are any") {
  StatsServer server;
  const auto figures = [&] {
    const std::string body = server.self();
    return body.substr(body.find("\"recvAppend"));
  };
  Traffic first = with(0xb), second = with(0xc);
  first.appends_sent = 10;
  first.bytes_sent = 1000;
  second.appends_sent = 5;
  second.bytes_sent = 500;
  second.bytes_received = 77;
  server.engine.exchanged = {first, second};
  CHECK(figures() == R"("recvAppendRequestCnt":0,"sendAppendRequestCnt":15})");
  server.clock.advance(2s);
  CHECK(figures() ==
        R"("recvAppendRequestCnt":0,"sendAppendRequestCnt":15,"sendPkgRate":7.5,"sendBandwidthRate":750})");
  server.clock.advance(2s);
  CHECK(figures() == R"("recvAppendRequestCnt":0,"sendAppendRequestCnt":15})");
  server.engine.exchanged[0].appends_received = 8;
  server.engine.exchanged[0].bytes_received = 16;
  server.clock.advance(4s);
  CHECK(figures() == R"("recvAppendRequestCnt":8,"recvPkgRate":2,"recvBandwidthRate":4,"sendAppendRequestCnt":15})");
}

TEST_CASE("the meter looks at a second or more, and at a member's going as at silence") {
  TrafficMeter meter(0s);
  CHECK(meter.look(999ms, {.appends_sent = 100, .bytes_sent = 10}).appends_sent == 0);
  CHECK(meter.look(1s, {.appends_sent = 100, .bytes_sent = 10}).appends_sent == 100);
  CHECK(meter.look(1500ms, {.appends_sent = 200, .bytes_sent = 10}).appends_sent == doctest::Approx(200 / 1.5));
  CHECK(meter.look(2s, {.appends_sent = 200, .bytes_sent = 20}).appends_sent == 100);
  CHECK(meter.look(2s, {.appends_sent = 200, .bytes_sent = 20}).bytes_sent == 10);
  const TrafficRates fallen = meter.look(3s, {.appends_sent = 50, .bytes_sent = 90});
  CHECK(fallen.appends_sent == 0);
  CHECK(fallen.bytes_sent == 0);
}

TEST_CASE("the leader's figures show each follower in the order of its text") {
  StatsServer server;
  CHECK(server.get("/v2/stats/leader") == R"(200 {"leader":"a","followers":{}})");
  Traffic busy = with(0xb), unheard = with(0xabc);
  busy.appends_sent = 7;
  busy.appends_failed = 1;
  busy.latency_current_ms = 0.000476;
  busy.latency_average_ms = 0.0015914285714285715;
  busy.latency_deviation_ms = 0.001075346702516097;
  busy.latency_min_ms = 0.000476;
  busy.latency_max_ms = 3;
  server.engine.exchanged = {busy, unheard};
  CHECK(
      server.get("/v2/stats/leader") ==
      R"(200 {"leader":"a","followers":{"abc":{"latency":{"current":0,"average":0,"standardDeviation":0,)"
      R"("minimum":9223372036854775808,"maximum":0},"counts":{"fail":0,"success":0}},)"
      R"("b":{"latency":{"current":0.000476,"average":0.0015914285714285715,)"
      R"("standardDeviation":0.001075346702516097,"minimum":0.000476,"maximum":3},"counts":{"fail":1,"success":7}}}})");
  server.engine.raft.leader = MemberId(0xb);
  CHECK(server.get("/v2/stats/leader") == R"(403 {"message":"not current leader"})");
}

}  // namespace
}  // namespace viaduct::v2
