#include "v3/health.h"

#include <doctest/doctest.h>

#include "grpc/health.pb.h"
#include "test/v3/fake_call.h"

namespace viaduct::v3 {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

struct Health {
  Health() { add_health_methods(methods); }

  HealthCheckRequest about(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }
  Methods methods;
};

TEST_CASE("the server as a whole serves, and no other service is known") {
  Health health;
  HealthCheckRequest whole = health.about("");
  const auto answer = invoke(health.methods, "/grpc.health.v1.Health/Check", whole);
  CHECK(answer->message<HealthCheckResponse>(0).status() == HealthCheckResponse::SERVING);
  CHECK(answer->end == Status());

  for (const char* name : {"foo", "etcdserverpb.KV", "grpc.health.v1.Health"}) {
    CAPTURE(name);
    HealthCheckRequest request = health.about(name);
    const auto refused = invoke(health.methods, "/grpc.health.v1.Health/Check", request);
    CHECK(refused->messages.empty());
    CHECK(refused->end == Status{StatusCode::kNotFound, "unknown service"});
  }
}

TEST_CASE("a watch of the server is told that it serves, and that it stops") {
  Health health;
  FakeStream watch(health.methods, "/grpc.health.v1.Health/Watch");
  HealthCheckRequest request = health.about("");
  watch.inbound->on_message(request);
  watch.inbound->on_half_close();
  CHECK(watch.said->message<HealthCheckResponse>(0).status() == HealthCheckResponse::SERVING);
  CHECK(watch.said->messages.size() == 1);
  CHECK_FALSE(watch.said->end);

  watch.inbound->on_shutdown();
  CHECK(watch.said->message<HealthCheckResponse>(1).status() == HealthCheckResponse::NOT_SERVING);
  CHECK(watch.said->end == Status{StatusCode::kUnavailable, "etcdserver: server stopped"});
}

TEST_CASE("a watch of an unknown service is told so, and stays open") {
  Health health;
  FakeStream watch(health.methods, "/grpc.health.v1.Health/Watch");
  HealthCheckRequest request = health.about("foo");
  watch.inbound->on_message(request);
  watch.inbound->on_half_close();
  CHECK(watch.said->message<HealthCheckResponse>(0).status() == HealthCheckResponse::SERVICE_UNKNOWN);
  CHECK_FALSE(watch.said->end);
  watch.inbound->on_shutdown();
  CHECK(watch.said->messages.size() == 1);
  CHECK(watch.said->end);
}

}  // namespace
}  // namespace viaduct::v3
