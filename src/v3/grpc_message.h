// gRPC's framing of messages, and the reading of them (v3-api.md 6.3).
//   frame := format:u8 length:u32be message[length]       format 0: the message as it is, 1: compressed
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "v3/call.h"
#include "v3/dispatch.h"
#include "v3/status.h"

namespace viaduct::v3 {

inline constexpr size_t kFrameHeadBytes = 5;

struct Frame {
  uint8_t format;  // 0: as it is, 1: compressed
  Bytes message;
};

std::string frame_of(const Message& message);
std::string frame_of_encoded(Bytes message);

// Unary calls and streams word the same mistakes in different ways.
enum class CallShape { kUnary, kStream };

// Reads what one call's client sends.
class MessageReader {
 public:
  // `gzip`: what is compressed is so by gzip; else nothing may be.
  MessageReader(const Dispatch& dispatch, CallShape shape, bool gzip)
      : dispatch_(dispatch), shape_(shape), gzip_(gzip) {}

  static Status check_encoding(std::string_view encoding);  // OK for none and gzip

  // The one message that `body` begins with.
  Status read_only(Bytes body, Message& into) const;

  // A stream: pieces of the body in any sizes, whole messages out. After an error nothing more comes.
  void add(Bytes piece) { buffer_.append(piece); }
  // True: `into` is the next message, or `status` says why it is none. False: it is not all here.
  bool next(Message& into, Status& status);
  bool is_between_messages() const { return at_ == buffer_.size(); }
  Status cut_off() const;  // the body ended inside a message

 private:
  bool wait_for_more();
  Status check_length(uint64_t length) const;
  Status parse(const Frame& frame, Message& into) const;
  Status bad_message() const;

  const Dispatch& dispatch_;
  const CallShape shape_;
  const bool gzip_;
  std::string buffer_;
  size_t at_ = 0;  // bytes of it that are read
};

}  // namespace viaduct::v3
