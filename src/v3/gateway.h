// The JSON gateway: every method of the v3 API that has routes, at /v3, /v3beta and /v3alpha, as JSON over plain HTTP
// requests of any version, streams as chunked JSON, server-sent events or a WebSocket (v3-api.md 1.5, docs/gateway.md).
// Hand it every request whose path owns() and that is not gRPC.
// Threads:   made before the loops start; handle() on any loop.
// Ownership: borrows the methods; a request that waits belongs to its loop and is dropped with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/handler.h"

namespace viaduct::v3 {

class Methods;

struct GatewayOptions {
  std::string advertised_version = "3.5.21";  // what of etcd's releases to be like: the order of an error's fields
  uint64_t body_limit_bytes = 2 << 20;        // of a request, or of one message of a stream
};

class Gateway final : public net::Handler {
 public:
  Gateway(const Methods& methods, GatewayOptions options);
  ~Gateway() override;

  static bool owns(std::string_view raw_path);  // "/v3", "/v3/kv/range", "/v3beta/...", "/v3alpha/..."

  void handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) override;
  net::BodyPlan body_plan(const net::Request& head) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace viaduct::v3
