#include "v3/grpc_stream.h"

#include <utility>

namespace viaduct::v3 {

GrpcStream::GrpcStream(GrpcStreams& owner, GrpcStreams::Id id, const Method& method, net::ReplyHandle handle,
                       GrpcHead&& head)
    : owner_(owner),
      id_(id),
      method_(method),
      handle_(handle),
      head_(std::move(head)),
      reader_(owner.dispatch(), CallShape::kStream, !head_.encoding.empty()),
      message_(method.request->New()) {}

GrpcStream::~GrpcStream() = default;

void GrpcStream::begin(Bytes only_message) {
  if (head_.timeout) {
    const auto expire = [this] {
      deadline_.reset();
      abort(owner_.dispatch().deadline_exceeded());
    };
    deadline_ = loop().start_timer(loop().now() + *head_.timeout, expire);
  }
  loop().observe(handle_, this);
  inbound_ = method_.open(*this);
  if (method_.kind == Method::Kind::kServerStream && !ended_) read_only_message(only_message);
}

void GrpcStream::read_only_message(Bytes body) {
  Status status = body.empty() ? Status{StatusCode::kUnknown, "EOF"} : Status();
  if (status.ok()) status = reader_.read_only(body, *message_);
  if (!status.ok()) return abort(std::move(status));
  owner_.dispatch().counts().received(method_.number);
  inbound_->on_message(*message_);
  if (!ended_) inbound_->on_half_close();
}

void GrpcStream::on_body(net::ReplyHandle, Bytes piece, bool last) {
  if (ended_ || method_.kind == Method::Kind::kServerStream) return;
  reader_.add(piece);
  half_closed_ = half_closed_ || last;
  read_messages();
}

void GrpcStream::read_messages() {
  if (reading_) return;
  reading_ = true;
  Status status;
  while (!ended_ && !paused_ && reader_.next(*message_, status)) {
    if (!status.ok()) {
      abort(status);
      break;
    }
    owner_.dispatch().counts().received(method_.number);
    inbound_->on_message(*message_);
  }
  reading_ = false;
  if (ended_ || paused_ || !half_closed_ || told_half_close_) return;
  if (!reader_.is_between_messages()) return abort(reader_.cut_off());
  told_half_close_ = true;
  inbound_->on_half_close();
}

void GrpcStream::pause_input(bool paused) {
  if (paused_ == paused || ended_) return;
  paused_ = paused;
  loop().pause_body(handle_, paused);
  if (paused) return;
  // What came before the pause is still here. Not from inside a call into this.
  loop().post_function([&owner = owner_, id = id_] {
    if (GrpcStream* const stream = owner.find(id)) stream->read_messages();
  });
}

void GrpcStream::send(const Message& response) {
  if (!ended_) send_frame(frame_of(response));
}

void GrpcStream::send_encoded(Bytes response, const Message&) {
  if (!ended_) send_frame(frame_of_encoded(response));
}

void GrpcStream::send_frame(const std::string& frame) {
  if (!head_sent_) {
    net::StreamHead head;
    head.headers = grpc_headers(head_.subtype);
    head.bare = true;
    loop().start_stream(handle_, std::move(head));
    head_sent_ = true;
  }
  owner_.dispatch().counts().sent(method_.number);
  loop().stream_chunk(handle_, Blob(frame));
}

void GrpcStream::finish(Status status) {
  if (ended_) return;
  end(status.code);
  if (head_sent_) {
    loop().end_stream(handle_, grpc_trailers(status));
  } else {
    loop().reply(handle_, grpc_trailers_only(head_.subtype, status));
  }
}

void GrpcStream::abort(Status status) {
  if (ended_) return;
  finish(std::move(status));  // what the service may still say is dropped
  if (inbound_) inbound_->on_gone();
}

void GrpcStream::on_gone(net::ReplyHandle) {
  if (ended_) return;
  end(StatusCode::kCancelled);
  if (inbound_) inbound_->on_gone();
}

void GrpcStream::on_drained(net::ReplyHandle) {
  if (!ended_) inbound_->on_drained();
}

void GrpcStream::on_shutdown(net::ReplyHandle) {
  if (!ended_) inbound_->on_shutdown();
}

void GrpcStream::end(StatusCode code) {
  ended_ = true;
  owner_.dispatch().counts().ended(method_.number, code);
  loop().observe(handle_, nullptr);
  if (deadline_) loop().cancel_timer(*std::exchange(deadline_, std::nullopt));
  owner_.bury(id_);
}

}  // namespace viaduct::v3
