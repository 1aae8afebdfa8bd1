#include "v3/websocket_stream.h"

#include <utility>

#include "v3/gateway_errors.h"
#include "v3/gateway_replies.h"

namespace viaduct::v3 {

using net::WebSocketCode;
using net::WebSocketOpcode;
using net::WebSocketReader;

WebSocketStream::WebSocketStream(net::ReplyHandle handle, const JsonCodec& codec, Method::Kind kind,
                                 const Release& release, net::ReplyHeaders headers, uint64_t message_limit_bytes)
    : handle_(handle),
      codec_(codec),
      kind_(kind),
      release_(release),
      reader_(message_limit_bytes),
      requests_(codec, message_limit_bytes) {
  handle_.loop->upgrade(handle_, std::move(headers));
}

void WebSocketStream::add(Bytes piece, bool last) {
  reader_.add(piece);
  hung_up_ = hung_up_ || last;
}

StreamWire::Next WebSocketStream::next(Message& into, Status& wrong) {
  while (!closed_) {
    if (const Next found = next_request(into, wrong); found != Next::kNothing) return found;
    if (!read_frame()) return hung_up_ ? Next::kGone : Next::kNothing;
  }
  return Next::kGone;
}

StreamWire::Next WebSocketStream::next_request(Message& into, Status& wrong) {
  const bool takes_many = kind_ == Method::Kind::kBidirectional;
  if (taken_) return std::exchange(half_close_told_, true) ? Next::kNothing : Next::kHalfClose;
  const Next found = ChunkedJson::next_of(requests_, into, wrong);
  if (takes_many) return found;
  taken_ = found == Next::kMessage;
  if (found == Next::kWrong) wrong.code = StatusCode::kInvalidArgument;
  return found;
}

bool WebSocketStream::read_frame() {
  switch (reader_.next()) {
    case WebSocketReader::Found::kNothing:
      return false;
    case WebSocketReader::Found::kMessage:
      requests_.add(reader_.payload() + '\n', false);
      return true;
    case WebSocketReader::Found::kPing:
      say(WebSocketOpcode::kPong, reader_.payload());
      return true;
    case WebSocketReader::Found::kClose:
    case WebSocketReader::Found::kWrong:
      close(reader_.payload());
      return true;
  }
  return false;
}

bool WebSocketStream::send(const Message& response) {
  std::string text;
  if (kind_ != Method::Kind::kUnary) text = "{\"result\":";
  codec_.append(text, response);
  if (kind_ != Method::Kind::kUnary) text += '}';
  say(WebSocketOpcode::kText, text);
  answered_ = true;
  return true;
}

void WebSocketStream::finish(const Status& status, Speaker speaker) {
  if (closed_) return;
  if (!status.ok()) {
    const bool whole = kind_ == Method::Kind::kUnary || (speaker == Speaker::kWire && !answered_);
    say(WebSocketOpcode::kText, whole ? error_body(status, release_) : stream_error(status));
  }
  const bool stops = status.code == StatusCode::kUnavailable;
  close(net::websocket_close_frame(stops ? WebSocketCode::kGoingAway : WebSocketCode::kNormal, ""));
}

Status WebSocketStream::deadline_exceeded() const { return gateway_deadline_exceeded(); }

void WebSocketStream::say(WebSocketOpcode opcode, Bytes payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  net::append_websocket_frame(frame, opcode, payload);
  handle_.loop->stream_chunk(handle_, Blob(frame));
}

void WebSocketStream::close(const std::string& frame) {
  closed_ = true;
  handle_.loop->stream_chunk(handle_, Blob(frame));
  handle_.loop->end_stream(handle_);
}

}  // namespace viaduct::v3
