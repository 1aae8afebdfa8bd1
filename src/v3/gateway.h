// The JSON gateway: every method of the v3 API that has routes, at /v3, /v3beta and /v3alpha, as JSON over plain HTTP
// requests of any version, streams as chunked JSON, server-sent events or a WebSocket (v3-api.md 1.5, docs/gateway.md).
// Hand it every request whose path owns() and that is not gRPC.
// Threads:   made before the loops start; handle() on any loop.
// Ownership: borrows both; a request that waits belongs to its loop and is dropped with it.
#pragma once

#include <memory>
#include <string_view>

#include "net/handler.h"
#include "net/site_access.h"

namespace viaduct::v3 {

class Dispatch;

class Gateway final : public net::Handler {
 public:
  Gateway(Dispatch& dispatch, const net::SiteAccess& access);
  ~Gateway() override;

  static bool owns(std::string_view raw_path);  // "/v3", "/v3/kv/range", "/v3beta/...", "/v3alpha/..."

  void handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) override;
  net::BodyPlan body_plan(const net::Request& head) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace viaduct::v3
