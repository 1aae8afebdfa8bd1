// WebSocket as a server speaks it (RFC 6455): the handshake, and frames as a state machine without a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/reply.h"
#include "net/request.h"

namespace viaduct::net {

// A GET that asks for it; the rest of the handshake may be wrong still.
bool asks_for_websocket(const Request& request);

// The headers of the 101, without a protocol. Nothing if version or key are wrong, which asks for a 400.
std::optional<ReplyHeaders> websocket_accept(const Request& request);

enum class WebSocketOpcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// The codes of RFC 6455, 7.4.1 that we say.
enum class WebSocketCode : uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kNotUtf8 = 1007,
  kTooLarge = 1009,
};

// One whole frame, unmasked as a server's are.
void append_websocket_frame(std::string& to, WebSocketOpcode opcode, Bytes payload);
std::string websocket_close_frame(WebSocketCode code, std::string_view reason);

// What a client sends, out of bytes that come in pieces. Holds no more than one message of the limit, one control frame
// and what was added and not asked for yet.
class WebSocketReader {
 public:
  enum class Found {
    kNothing,  // more bytes are needed
    kMessage,  // payload() is the next message, text or binary
    kPing,     // payload() is to be sent back
    kClose,    // payload() is the close frame to answer with; nothing follows
    kWrong,    // likewise, since the client broke a rule
  };

  explicit WebSocketReader(uint64_t message_limit_bytes) : limit_(message_limit_bytes) {}

  void add(Bytes bytes);
  Found next();
  std::string& payload() { return payload_; }  // of what next() found, until the next call; may be moved away

 private:
  enum class State : uint8_t { kHead, kPayload, kOver };

  std::optional<Found> read_head();  // kWrong, or nothing; then at_ stands behind the head if all of it was there
  Found end_data();
  Found end_control();
  Found wrong(WebSocketCode code, std::string_view reason);
  void take_payload();
  std::string_view check_head(uint8_t first, uint8_t second) const;  // what is wrong with it, or nothing
  bool is_control() const { return opcode_ >= WebSocketOpcode::kClose; }

  const uint64_t limit_;
  std::string buffer_;  // added and not looked at, from at_ on
  size_t at_ = 0;
  State state_ = State::kHead;

  // The frame being read.
  WebSocketOpcode opcode_ = WebSocketOpcode::kText;
  bool last_ = false;  // of its message
  uint64_t left_ = 0;  // of its payload
  uint8_t mask_[4] = {};
  uint8_t mask_at_ = 0;

  bool in_message_ = false;  // between its first and its last frame
  bool is_text_ = false;
  std::string message_;
  std::string control_;
  std::string payload_;
};

}  // namespace viaduct::net
