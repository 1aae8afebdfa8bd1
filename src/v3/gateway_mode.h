// How a request wants to be answered, which its head alone tells (docs/gateway.md).
#pragma once

#include "net/request.h"
#include "v3/json_types.h"
#include "v3/method.h"

namespace viaduct::v3 {

struct GatewayMode {
  enum class Ask {
    kPost,       // etcd's way: JSON in the body
    kGet,        // in the query
    kWebSocket,  // in messages
    kRefused,    // 405
  };
  Ask ask = Ask::kRefused;
  BytesAs bytes_as = BytesAs::kBase64;
  bool as_events = false;  // a stream answers as server-sent events
};

GatewayMode gateway_mode(const net::Request& head, const Method& method);

}  // namespace viaduct::v3
