#include "v3/grpc_wire.h"

#include <utility>

#include "net/loop.h"
#include "v3/grpc_headers.h"

namespace viaduct::v3 {

net::Reply GrpcUnary::success(const Message& response) const { return answer(frame_of(response)); }

net::Reply GrpcUnary::success_encoded(Bytes response, const Message&) const {
  return answer(frame_of_encoded(response));
}

net::Reply GrpcUnary::answer(std::string frame) const {
  net::Reply reply;
  reply.headers = grpc_headers(subtype_);
  reply.body = std::move(frame);
  reply.trailers = grpc_trailers({});
  reply.bare = true;
  return reply;
}

net::Reply GrpcUnary::failure(const Status& status, Speaker) const { return grpc_trailers_only(subtype_, status); }

void GrpcStream::add(Bytes piece, bool last) {
  reader_.add(piece);
  half_closed_ = half_closed_ || last;
}

StreamWire::Next GrpcStream::next(Message& into, Status& wrong) {
  if (reader_.next(into, wrong)) return wrong.ok() ? Next::kMessage : Next::kWrong;
  if (!half_closed_ || told_half_close_) return Next::kNothing;
  told_half_close_ = true;
  if (reader_.is_between_messages()) return Next::kHalfClose;
  wrong = reader_.cut_off();
  return Next::kWrong;
}

bool GrpcStream::send(const Message& response) {
  send_frame(frame_of(response));
  return true;
}

bool GrpcStream::send_encoded(Bytes response, const Message&) {
  send_frame(frame_of_encoded(response));
  return true;
}

void GrpcStream::send_frame(const std::string& frame) {
  if (!head_sent_) {
    net::StreamHead head;
    head.headers = grpc_headers(subtype_);
    head.bare = true;
    handle_.loop->start_stream(handle_, std::move(head));
    head_sent_ = true;
  }
  handle_.loop->stream_chunk(handle_, Blob(frame));
}

void GrpcStream::finish(const Status& status, Speaker) {
  if (head_sent_) {
    handle_.loop->end_stream(handle_, grpc_trailers(status));
  } else {
    handle_.loop->reply(handle_, grpc_trailers_only(subtype_, status));
  }
}

}  // namespace viaduct::v3
