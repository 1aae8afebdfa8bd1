#include "v3/gateway_replies.h"

#include <utility>

#include "v3/gateway_errors.h"

namespace viaduct::v3 {
namespace {

void add_json_headers(net::ReplyHeaders& headers, bool from_method) {
  headers.add("Content-Type", "application/json");
  if (from_method) headers.add("Grpc-Metadata-Content-Type", "application/grpc");
}

}  // namespace

net::Reply gateway_failure(const Status& status, Speaker speaker, const Release& release, net::ReplyHeaders headers) {
  net::Reply reply;
  reply.status = http_status_of(status.code);
  reply.headers = std::move(headers);
  add_json_headers(reply.headers, false);
  if (speaker == Speaker::kMethod) {
    reply.headers.add("Trailer", "Grpc-Trailer-Content-Type");
    reply.trailers.add("Grpc-Trailer-Content-Type", "application/grpc");
  }
  reply.body = error_body(status, release);
  return reply;
}

Status gateway_deadline_exceeded() { return {StatusCode::kDeadlineExceeded, "context deadline exceeded"}; }

net::Reply GatewayUnary::success(const Message& response) const {
  net::Reply reply;
  reply.headers = headers_;
  add_json_headers(reply.headers, true);
  std::string body;
  codec_.append(body, response);
  reply.body = std::move(body);
  return reply;
}

net::Reply GatewayUnary::success_encoded(Bytes response, const Message& prototype) const {
  return success(*decoded(response, prototype));
}

net::Reply GatewayUnary::failure(const Status& status, Speaker speaker) const {
  return gateway_failure(status, speaker, release_, headers_);
}

Status GatewayUnary::deadline_exceeded() const { return gateway_deadline_exceeded(); }

StreamWire::Next ChunkedJson::next_of(JsonRequests& requests, Message& into, Status& wrong) {
  switch (requests.next(into, wrong)) {
    case JsonRequests::Next::kMessage:
      return Next::kMessage;
    case JsonRequests::Next::kNothing:
      return Next::kNothing;
    case JsonRequests::Next::kEnd:
      return Next::kHalfClose;
    case JsonRequests::Next::kWrong:
      return Next::kWrong;
  }
  return Next::kNothing;
}

bool ChunkedJson::send(const Message& response) {
  start(200, true);
  std::string chunk = "{\"result\":";
  codec_.append(chunk, response);
  chunk += "}\n";
  handle_.loop->stream_chunk(handle_, Blob(chunk));
  return true;
}

void ChunkedJson::finish(const Status& status, Speaker speaker) {
  if (!started_ && !status.ok() && speaker == Speaker::kWire) {
    return handle_.loop->reply(handle_, gateway_failure(status, speaker, release_, headers_));
  }
  start(http_status_of(status.code), false);
  if (!status.ok()) handle_.loop->stream_chunk(handle_, Blob(stream_error(status)));
  handle_.loop->end_stream(handle_);
}

void ChunkedJson::start(int status, bool with_messages) {
  if (std::exchange(started_, true)) return;
  net::StreamHead head;
  head.status = status;
  head.headers = headers_;
  add_json_headers(head.headers, with_messages);
  handle_.loop->start_stream(handle_, std::move(head));
}

}  // namespace viaduct::v3
