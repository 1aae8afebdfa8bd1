#include "v3/stream_call.h"

#include <utility>

#include "v3/unary_over_stream.h"

namespace viaduct::v3 {

StreamCall::StreamCall(LiveStreams& owner, LiveStreams::Id id, StreamStart&& start)
    : owner_(owner),
      id_(id),
      method_(start.method),
      handle_(start.handle),
      metadata_(std::move(start.metadata)),
      wire_(std::move(start.wire)),
      message_(method_.request->New()) {}

StreamCall::~StreamCall() = default;

void StreamCall::begin(std::optional<std::chrono::nanoseconds> timeout, Message* only_message) {
  if (timeout) {
    const auto expire = [this] {
      deadline_.reset();
      abort(wire_->deadline_exceeded(), Speaker::kWire);
    };
    deadline_ = loop().start_timer(loop().now() + *timeout, expire);
  }
  loop().observe(handle_, this);
  inbound_ = method_.kind == Method::Kind::kUnary ? open_unary(method_, *this) : method_.open(*this);
  if (!only_message) return;
  if (!ended_) hand_in(*only_message);
  if (!ended_) inbound_->on_half_close();
}

void StreamCall::hand_in(Message& message) {
  owner_.dispatch().counts().received(method_.number);
  inbound_->on_message(message);
}

void StreamCall::on_body(net::ReplyHandle, Bytes piece, bool last) {
  if (ended_) return;
  wire_->add(piece, last);
  read_messages();
}

void StreamCall::read_messages() {
  if (reading_) return;
  reading_ = true;
  while (!ended_ && !paused_) {
    Status wrong;
    const StreamWire::Next next = wire_->next(*message_, wrong);
    if (next == StreamWire::Next::kNothing) break;
    take(next, std::move(wrong));
  }
  reading_ = false;
}

void StreamCall::take(StreamWire::Next next, Status&& wrong) {
  switch (next) {
    case StreamWire::Next::kMessage:
      return hand_in(*message_);
    case StreamWire::Next::kHalfClose:
      return inbound_->on_half_close();
    case StreamWire::Next::kWrong:
      return abort(std::move(wrong), Speaker::kWire);
    case StreamWire::Next::kGone:
      return abort({StatusCode::kCancelled, "context canceled"}, Speaker::kWire);
    case StreamWire::Next::kNothing:
      return;
  }
}

void StreamCall::pause_input(bool paused) {
  if (paused_ == paused || ended_) return;
  paused_ = paused;
  loop().pause_body(handle_, paused);
  if (paused) return;
  // What came before the pause is still here. Not from inside a call into this.
  loop().post_function([&owner = owner_, id = id_] {
    if (StreamCall* const stream = owner.find(id)) stream->read_messages();
  });
}

void StreamCall::send(const Message& response) {
  if (ended_) return;
  owner_.dispatch().counts().sent(method_.number);
  if (!wire_->send(response)) leave();
}

void StreamCall::send_encoded(Bytes response, const Message& prototype) {
  if (ended_) return;
  owner_.dispatch().counts().sent(method_.number);
  if (!wire_->send_encoded(response, prototype)) leave();
}

// Not from inside the service's call.
void StreamCall::leave() {
  loop().post_function([&owner = owner_, id = id_] {
    if (StreamCall* const stream = owner.find(id)) stream->abort({}, Speaker::kWire);
  });
}

void StreamCall::finish(Status status) {
  if (ended_) return;
  end(status.code);
  wire_->finish(status, Speaker::kMethod);
}

void StreamCall::abort(Status status, Speaker speaker) {
  if (ended_) return;
  end(status.code);  // what the service may still say is dropped
  wire_->finish(status, speaker);
  if (inbound_) inbound_->on_gone();
}

void StreamCall::on_gone(net::ReplyHandle) {
  if (ended_) return;
  end(StatusCode::kCancelled);
  if (inbound_) inbound_->on_gone();
}

void StreamCall::on_drained(net::ReplyHandle) {
  if (!ended_) inbound_->on_drained();
}

void StreamCall::on_shutdown(net::ReplyHandle) {
  if (!ended_) inbound_->on_shutdown();
}

void StreamCall::end(StatusCode code) {
  ended_ = true;
  owner_.dispatch().counts().ended(method_.number, code);
  loop().observe(handle_, nullptr);
  if (deadline_) loop().cancel_timer(*std::exchange(deadline_, std::nullopt));
  owner_.bury(id_);
}

}  // namespace viaduct::v3
