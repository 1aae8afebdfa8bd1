// The streams of the JSON gateway over WebSocket (RFC 6455): each message of either side is one text frame.
//   frame := first:u8 masked:1 length:7 [length:u16 | length:u64] [mask:u32] payload     big-endian
#include "test/conformance/gateway_answer.h"
#include "test/conformance/v3_wire.h"

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr auto kWriteTime = 10s;
constexpr unsigned char kText = 0x81;  // all of a message
constexpr unsigned char kClose = 0x88;
constexpr unsigned char kMasked = 0x80;
constexpr size_t kLengthIn16Bits = 126;
constexpr size_t kLengthIn64Bits = 127;

// A client has to mask what it sends: with zeros, so that it can be read in a trace.
std::string client_frame(const std::string& payload) {
  std::string frame(1, static_cast<char>(kText));
  if (payload.size() < kLengthIn16Bits) {
    frame += static_cast<char>(kMasked | payload.size());
  } else {
    frame += static_cast<char>(kMasked | kLengthIn16Bits);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  }
  return frame + std::string(4, '\0') + payload;
}

struct ServerFrame {
  unsigned char first = 0;
  std::string payload;
};

// Takes the first whole frame off `data`.
std::optional<ServerFrame> take_server_frame(std::string& data) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(data[at]); };
  if (data.size() < 2) return std::nullopt;
  const size_t more = byte(1) == kLengthIn16Bits ? 2 : byte(1) == kLengthIn64Bits ? 8 : 0;
  if (data.size() < 2 + more) return std::nullopt;
  size_t length = more == 0 ? byte(1) : 0;
  for (size_t i = 0; i < more; ++i) length = length << 8 | byte(2 + i);
  if (data.size() < 2 + more + length) return std::nullopt;
  ServerFrame frame{byte(0), data.substr(2 + more, length)};
  data.erase(0, 2 + more + length);
  return frame;
}

class WebSocketStream : public V3Stream {
 public:
  WebSocketStream(const Rpc& rpc, int port) : rpc_(rpc), connection_(port) {
    connection_.send("GET /v3" + rpc.route + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     in(kWriteTime));
    // A frame that overtakes the handshake would be refused.
    for (const Deadline deadline = in(kWriteTime); !take_head();) {
      const std::string bytes = connection_.read(deadline);
      if (bytes.empty()) {
        refusal_ = "no whole reply to the handshake";
        return;
      }
      received_ += bytes;
    }
  }

  void send(const Message& request) override { connection_.send(client_frame(to_json(request)), in(kWriteTime)); }
  void half_close() override {}
  void hang_up() override { hung_up_ = true; }

  std::optional<Answer> next(Deadline deadline) override {
    if (hung_up_) return no_status("hung up");
    if (!refusal_.empty()) return no_status(refusal_);
    while (true) {
      if (const auto frame = take_server_frame(received_)) return read(*frame);
      const std::string bytes = connection_.read(deadline);
      if (bytes.empty() && connection_.closed()) return no_status("the connection was closed");
      if (bytes.empty()) return std::nullopt;
      received_ += bytes;
    }
  }

 private:
  // The reply to the handshake, whose answer to our key is the one that RFC 6455 1.3 works out.
  bool take_head() {
    const size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    const bool accepted = head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos;
    if (!head.starts_with("HTTP/1.1 101 ") || !accepted) refusal_ = head.substr(0, head.find("\r\n"));
    return true;
  }

  Answer read(const ServerFrame& frame) {
    if (frame.first == kText) return answer_of_line(rpc_, frame.payload);
    return no_status(frame.first == kClose ? "closed" : "a frame that is no text");
  }

  Rpc rpc_;
  Connection connection_;
  std::string received_;
  std::string refusal_;
  bool hung_up_ = false;
};

class WebSocketWire : public V3Wire {
 public:
  explicit WebSocketWire(int port) : port_(port), gateway_(gateway_wire(port)) {}

  // Not what WebSocket is for: such calls go through the gateway as ever.
  Answer call(const Rpc& rpc, const Message& request, const CallOptions& options) override {
    return gateway_->call(rpc, request, options);
  }

  std::unique_ptr<V3Stream> open(const Rpc& rpc, const Requests& requests, const CallOptions&) override {
    auto stream = std::make_unique<WebSocketStream>(rpc, port_);
    for (const auto& request : requests) stream->send(*request);
    return stream;
  }

 private:
  int port_;
  std::unique_ptr<V3Wire> gateway_;
};

}  // namespace

std::unique_ptr<V3Wire> websocket_wire(int port) { return std::make_unique<WebSocketWire>(port); }

}  // namespace viaduct::conformance
