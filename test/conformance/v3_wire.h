// The two ways to the v3 API, gRPC and the JSON gateway, behind one interface: the same scenario is played over both.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/conformance/connection.h"
#include "test/conformance/reply.h"
#include "test/conformance/v3_schema.h"

namespace viaduct::conformance {

// One answer: a message, or how the call ended.
struct Answer {
  std::unique_ptr<Message> message;  // null when the call failed, and at a stream's end
  int code = 0;                      // gRPC's; kNoStatus when the call ended without one, and `text` says how
  std::string text;
  std::optional<Reply> reply;  // over the gateway: what a unary call's answer came in
  std::string json;            // over the gateway: the JSON that was read
};

inline constexpr int kNoStatus = -1;

struct CallOptions {
  std::vector<std::pair<std::string, std::string>> metadata;
  std::chrono::milliseconds timeout{0};  // told to the server; 0 for none
};

using Requests = std::vector<std::unique_ptr<Message>>;

class V3Stream {
 public:
  virtual ~V3Stream() = default;
  virtual void send(const Message& request) = 0;
  virtual void half_close() = 0;
  virtual void hang_up() = 0;
  // Nothing when the deadline passed first. After the end it is the end that is answered, again.
  virtual std::optional<Answer> next(Deadline deadline) = 0;
};

// Threads: one at a time.
class V3Wire {
 public:
  virtual ~V3Wire() = default;
  virtual Answer call(const Rpc& rpc, const Message& request, const CallOptions& options) = 0;
  // `requests` are sent at once. The stream borrows the wire.
  virtual std::unique_ptr<V3Stream> open(const Rpc& rpc, const Requests& requests, const CallOptions& options) = 0;
};

std::unique_ptr<V3Wire> grpc_wire(int port);
std::unique_ptr<V3Wire> gateway_wire(int port);
std::unique_ptr<V3Wire> websocket_wire(int port);  // streams only; other calls as through the gateway

}  // namespace viaduct::conformance
