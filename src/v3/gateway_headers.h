// What the headers of a gateway request mean for the call (v3-api.md 1.5).
#pragma once

#include <chrono>
#include <optional>

#include "net/request.h"
#include "v3/call.h"

namespace viaduct::v3 {

struct GatewayHead {
  Metadata metadata;
  std::optional<std::chrono::nanoseconds> timeout;  // may be over already
};

// Nothing if Grpc-Timeout is none.
std::optional<GatewayHead> read_gateway_head(const net::Request& request);

}  // namespace viaduct::v3
