// The JSON gateway: every method of the v3 API that has routes, at /v3, /v3beta and /v3alpha, as JSON over plain HTTP
// requests of any version, streams as chunked JSON, server-sent events or a WebSocket (v3-api.md 1.5, docs/gateway.md).
// Hand it every request whose path owns() and that is not gRPC.
// Threads:   made before the loops start, when all methods are there; handle() on any loop.
// Ownership: borrows dispatch, access and loops, which outlive it. A unary call belongs to its service, a stream to its
//            loop.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/handler.h"
#include "net/loop_group.h"
#include "net/site_access.h"
#include "v3/dispatch.h"
#include "v3/gateway_headers.h"
#include "v3/json_codec.h"
#include "v3/stream_wire.h"
#include "v3/unary_call.h"

namespace viaduct::v3 {

class Gateway final : public net::Handler {
 public:
  // `election_timeout` is how often a stream that came with `hasleader` looks for one.
  Gateway(Dispatch& dispatch, const net::SiteAccess& access, net::LoopGroup& loops,
          std::chrono::nanoseconds election_timeout);
  ~Gateway() override;

  static bool owns(std::string_view raw_path);  // "/v3", "/v3/kv/range", "/v3beta/...", "/v3alpha/..."

  net::BodyPlan body_plan(const net::Request& head) const override;
  void handle(net::Loop& loop, net::Request&& request, net::ReplyHandle handle) override;

 private:
  struct Route;
  struct Exchange;
  struct LoopPart;

  const Route* find_route(std::string_view path) const;
  void serve(Exchange&& exchange);
  void begin(Exchange&& exchange, GatewayHead&& head, std::unique_ptr<Message> message);
  static bool comes_whole(const Exchange& exchange);
  std::unique_ptr<StreamWire> make_wire(Exchange& exchange, const Message* only_message) const;
  void open_stream(Exchange&& exchange, GatewayHead&& head, std::unique_ptr<Message> only_message);
  void refuse(Exchange& exchange, const Status& status, Speaker speaker);
  Status read_message(Exchange& exchange, Message& message) const;
  Status check_size(const Message& message) const;
  uint64_t json_limit_bytes() const;
  LoopPart& part_of(const net::Loop& loop) const;

  Dispatch& dispatch_;
  const net::SiteAccess& access_;
  JsonTypes types_;
  std::unordered_map<std::string_view, std::unique_ptr<const Route>> routes_;  // by path behind "/v3"
  std::vector<std::unique_ptr<LoopPart>> parts_;
};

}  // namespace viaduct::v3
