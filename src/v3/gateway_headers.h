// What the headers of a gateway request mean for the call (v3-api.md 1.5).
#pragma once

#include <chrono>
#include <optional>

#include "net/reply.h"
#include "net/request.h"
#include "v3/call.h"

namespace viaduct::v3 {

struct GatewayHead {
  Metadata metadata;
  std::optional<std::chrono::nanoseconds> timeout;  // may be over already
};

// Nothing if Grpc-Timeout is none. A WebSocket may bring its token in other ways, since scripts cannot set its headers:
// as the protocol `Bearer, X` or the cookie `token`.
std::optional<GatewayHead> read_gateway_head(const net::Request& request, bool is_websocket);

// Of the 101 that answers a handshake, which must be a good one.
net::ReplyHeaders websocket_headers(const net::Request& request);

}  // namespace viaduct::v3
