// A call over a WebSocket, as etcd's gateway has it (v3-api.md 1.5): the text of each message is read as a piece of one
// body, each answer is one text message. A stream's answers are wrapped in {"result":...}, a unary call's are not.
#pragma once

#include <string>

#include "net/loop.h"
#include "net/websocket.h"
#include "v3/json_codec.h"
#include "v3/release.h"
#include "v3/stream_wire.h"

namespace viaduct::v3 {

class WebSocketStream final : public StreamWire {
 public:
  // Answers the handshake with `headers`.
  WebSocketStream(net::ReplyHandle handle, const JsonCodec& codec, Method::Kind kind, const Release& release,
                  net::ReplyHeaders headers, uint64_t message_limit_bytes);

  void add(Bytes piece, bool last) override;
  Next next(Message& into, Status& wrong) override;
  bool send(const Message& response) override;
  bool send_encoded(Bytes response, const Message& prototype) override { return send(*decoded(response, prototype)); }
  void finish(const Status& status, Speaker speaker) override;
  Status deadline_exceeded() const override;

 private:
  bool read_frame();  // false when there is none
  Next next_request(Message& into, Status& wrong);
  void say(net::WebSocketOpcode opcode, Bytes payload);
  void close(const std::string& frame);

  const net::ReplyHandle handle_;
  const JsonCodec codec_;
  const Method::Kind kind_;
  const Release& release_;
  net::WebSocketReader reader_;
  JsonRequests requests_;
  bool answered_ = false;  // something was said
  bool taken_ = false;     // the message of a method that takes one
  bool half_close_told_ = false;
  bool hung_up_ = false;  // the connection ended without a close frame
  bool closed_ = false;
};

}  // namespace viaduct::v3
