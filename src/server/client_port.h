// The handler of a client port: tells the three APIs apart (v3-api.md 6.1, 6.5). HTTP/2 with gRPC's content type, or
// with the path of a gRPC method, is gRPC; what is below /v3 is the gateway's; all else is HTTP for the v2 front.
// Threads:   any loop's. Ownership: borrows what it hands on to.
#pragma once

#include "net/handler.h"
#include "v3/grpc_front.h"

namespace viaduct::server {

class ClientPort final : public net::Handler {
 public:
  // A port without gRPC passes null for `grpc`, one without HTTP null for `http`; `gateway` may be null as well.
  ClientPort(v3::GrpcFront* grpc, net::Handler* gateway, net::Handler* http)
      : grpc_(grpc), gateway_(gateway), http_(http) {}

  net::BodyPlan body_plan(const net::Request& head) const override;
  void handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) override;

 private:
  net::Handler* choose(const net::Request& request) const;  // null: nobody serves that here

  v3::GrpcFront* const grpc_;
  net::Handler* const gateway_;
  net::Handler* const http_;
};

}  // namespace viaduct::server
