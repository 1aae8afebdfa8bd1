#include "server/client_port.h"

#include <doctest/doctest.h>

#include "base/clock.h"
#include "net/loop_group.h"
#include "test/server/node_world.h"
#include "test/support/quiet_log.h"
#include "v3/health.h"

namespace viaduct::server {
namespace {

using Shape = net::BodyPlan::Shape;

// Tells by its plan that it was chosen.
class Planner final : public net::Handler {
 public:
  explicit Planner(uint64_t limit) : limit_(limit) {}
  void handle(net::Loop&, net::Request&&, net::ReplyHandle) override {}
  net::BodyPlan body_plan(const net::Request&) const override { return {Shape::kWhole, limit_}; }

 private:
  const uint64_t limit_;
};

constexpr uint64_t kGateway = 1, kHttp = 2;

net::Request request(const std::string& path, int version, const std::string& content_type = {}) {
  net::Request made("POST", path);
  made.version = version;
  if (!content_type.empty()) made.add_header("content-type", content_type);
  return made;
}

TEST_CASE("a port tells gRPC, the gateway and plain HTTP apart") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  const SystemClock clock;
  net::LoopGroup loops(clock, net::Limits(), 1);
  v3::Methods methods;
  v3::add_health_methods(methods);
  v3::Dispatch dispatch(methods, *world.node, v3::Release("3.5.21"), 1000);
  v3::GrpcFront grpc(dispatch, loops, std::chrono::seconds(1));
  Planner gateway(kGateway), http(kHttp);
  const ClientPort all(&grpc, &gateway, &http), only_grpc(&grpc, &gateway, nullptr),
      only_http(nullptr, &gateway, &http);

  enum Served { kGrpc, kByGateway, kByHttp, kNobody };
  const auto served = [](const ClientPort& port, const net::Request& asked) {
    const net::BodyPlan plan = port.body_plan(asked);
    if (plan.shape != Shape::kWhole) return kGrpc;
    return plan.limit_bytes == kGateway ? kByGateway : plan.limit_bytes == kHttp ? kByHttp : kNobody;
  };
  const std::string check = "/grpc.health.v1.Health/Check", grpc_type = "application/grpc";
  struct Case {
    const char* name;
    net::Request asked;
    Served by_all, by_grpc, by_http;
  };
  for (const Case& c : {
           Case{"gRPC", request(check, 20, grpc_type), kGrpc, kGrpc, kByHttp},
           Case{"an unknown method", request("/a.B/C", 20, "application/grpc+proto"), kGrpc, kGrpc, kByHttp},
           Case{"a method's path alone", request(check, 20), kGrpc, kGrpc, kByHttp},
           Case{"gRPC over HTTP/1", request(check, 11, grpc_type), kByHttp, kNobody, kByHttp},
           Case{"the gateway", request("/v3/kv/range", 11), kByGateway, kNobody, kByGateway},
           Case{"the gateway over HTTP/2", request("/v3/kv/range", 20), kByGateway, kNobody, kByGateway},
           Case{"v2", request("/v2/keys/a", 11), kByHttp, kNobody, kByHttp},
           Case{"v2 over HTTP/2", request("/v2/keys/a", 20), kByHttp, kNobody, kByHttp},
       }) {
    CAPTURE(c.name);
    CHECK(served(all, c.asked) == c.by_all);
    CHECK(served(only_grpc, c.asked) == c.by_grpc);
    CHECK(served(only_http, c.asked) == c.by_http);
  }
  const ClientPort no_gateway(&grpc, nullptr, &http);
  CHECK(served(no_gateway, request("/v3/kv/range", 11)) == kByHttp);
}

}  // namespace
}  // namespace viaduct::server
