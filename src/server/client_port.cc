#include "server/client_port.h"

#include <utility>

#include "net/loop.h"
#include "v3/gateway.h"

namespace viaduct::server {
namespace {

constexpr int kHttp2 = 20;
constexpr uint32_t kProtocolError = 1;  // RFC 9113, section 7

}  // namespace

net::Handler* ClientPort::choose(const net::Request& request) const {
  if (grpc_ && request.version == kHttp2 && grpc_->owns(request)) return grpc_;
  if (gateway_ && http_ && v3::Gateway::owns(request.raw_path())) return gateway_;
  return http_;
}

net::BodyPlan ClientPort::body_plan(const net::Request& head) const {
  const net::Handler* const handler = choose(head);
  return handler ? handler->body_plan(head) : net::BodyPlan();
}

void ClientPort::handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) {
  net::Handler* const handler = choose(request);
  if (!handler) return loop.reset(handle, kProtocolError);
  handler->handle(loop, std::move(request), handle);
}

}  // namespace viaduct::server
