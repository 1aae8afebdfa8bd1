#include "v3/health.h"

#include <memory>
#include <utility>

#include "grpc/health.pb.h"
#include "v3/errors.h"

namespace viaduct::v3 {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthCheckResponse response(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  return response;
}

bool is_known(const HealthCheckRequest& request) { return request.service().empty(); }

void check(std::unique_ptr<Call> call, HealthCheckRequest& request) {
  if (!is_known(request)) return call->fail({StatusCode::kNotFound, "unknown service"});
  call->reply(response(HealthCheckResponse::SERVING));
}

// Says how things are, and once more when that ends. A service that is not known might come one day: the stream stays.
class HealthWatch final : public Inbound {
 public:
  explicit HealthWatch(Call& call) : call_(call) {}

  void on_message(Message& request) override {
    known_ = is_known(static_cast<const HealthCheckRequest&>(request));
    call_.send(response(known_ ? HealthCheckResponse::SERVING : HealthCheckResponse::SERVICE_UNKNOWN));
  }
  void on_half_close() override {}
  void on_gone() override {}
  void on_drained() override {}
  void on_shutdown() override {
    if (known_) call_.send(response(HealthCheckResponse::NOT_SERVING));
    call_.finish(kStopped);
  }

 private:
  Call& call_;
  bool known_ = false;
};

}  // namespace

void add_health_methods(Methods& methods) {
  methods.add_unary<HealthCheckRequest, HealthCheckResponse>("/grpc.health.v1.Health/Check", {}, check);
  methods.add_stream<HealthCheckRequest, HealthCheckResponse>(
      Method::Kind::kServerStream, "/grpc.health.v1.Health/Watch", {},
      [](Call& call) { return std::make_unique<HealthWatch>(call); });
}

}  // namespace viaduct::v3
