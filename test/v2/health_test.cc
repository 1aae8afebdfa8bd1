#include "v2/health.h"

#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <string>
#include <thread>

#include "test/support/manual_clock.h"
#include "test/v2/loopback.h"
#include "test/v3bridge/bridge_engine.h"
#include "v2/front.h"

namespace viaduct::v2 {
namespace {

using v3bridge::Refusal;

constexpr const char* kHealthy = "200 {\"health\":\"true\"}";
constexpr const char* kUnhealthy = "503 {\"health\":\"false\"}\n";

class HealthServer {
 public:
  HealthServer() {
    front_.add("/health", "GET", health_);
    front_.add_subtree("/readyz", "GET", ready_);
    front_.add_subtree("/livez", "GET", live_);
  }

  std::string get(const std::string& target) {
    const std::string reply = loopback_.ask("GET " + target + " HTTP/1.1\nHost: x\n");
    return reply.substr(9, 4) + reply.substr(reply.find("\r\n\r\n") + 4);
  }
  // Asks while no barrier is ever answered, and lets time pass once it waits.
  std::string get_in_vain(const std::string& target, std::chrono::nanoseconds time) {
    engine.hold();
    const size_t before = engine.barriers();
    auto answer = std::async(std::launch::async, [&] { return get(target); });
    for (bool asked = false; !asked; std::this_thread::yield()) {
      on_loop([&] { asked = engine.barriers() > before; });
    }
    clock_.advance(time);
    on_loop([this] { loopback_.loops().loop(0).sweep(); });
    return answer.get();
  }
  void release() {
    on_loop([this] { engine.release(); });
  }
  uint64_t failures() const { return counts_.failures; }
  uint64_t successes() const { return counts_.success; }

  v3bridge::BridgeEngine engine;

 private:
  void on_loop(const std::function<void()>& function) {
    std::promise<void> done;
    loopback_.loops().loop(0).post_function([&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }

  ManualClock clock_;
  HealthCounts counts_;
  Health health_{engine, counts_};
  Probe ready_{engine, Probe::Kind::kReady};
  Probe live_{engine, Probe::Kind::kLive};
  net::SiteAccess access_{{{"*"}, {"*"}}};
  Front front_{access_};
  Loopback loopback_{front_, clock_};
};

TEST_CASE("a member is healthy when it can read what was acknowledged anywhere") {
  HealthServer server;
  CHECK(server.get("/health") == kHealthy);
  server.engine.refuse_next("etcdserver: leader changed", Refusal::Kind::kLeaderChanged);
  CHECK(server.get("/health") == kUnhealthy);
  CHECK(server.get("/health") == kHealthy);
  CHECK(server.successes() == 2);
  CHECK(server.failures() == 1);
}

TEST_CASE("without a leader a member is unhealthy at once, and yet can read what it has") {
  HealthServer server;
  server.engine.raft.leader = {};
  CHECK(server.get("/health") == kUnhealthy);
  CHECK(server.get("/health?serializable=true") == kHealthy);
  CHECK(server.get("/livez") == "200 ok\n");
  CHECK(server.engine.barriers() == 0);
}

TEST_CASE("a read that finds no quorum is waited for a second") {
  HealthServer server;
  CHECK(server.get_in_vain("/health", std::chrono::seconds(1)) == kUnhealthy);
  CHECK(server.get_in_vain("/readyz", std::chrono::seconds(1)) ==
        "503 [+]data_corruption ok\n[+]serializable_read ok\n[-]linearizable_read failed: no answer from a quorum\n"
        "readyz check failed\n");
  server.release();  // too late: both are answered
  CHECK(server.get("/health") == kHealthy);
  CHECK(server.failures() == 1);
}

}  // namespace
}  // namespace viaduct::v2
