#include "test/cluster/v3_client.h"

#include <google/protobuf/message_lite.h>

#include <optional>

#include "test/conformance/grpc_frame.h"

namespace viaduct::cluster_test {
namespace {

using conformance::HeaderList;
using conformance::Http2Client;
using conformance::Http2Stream;

enum Code {
  kInvalidArgument = 3,
  kNotFound = 5,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kOutOfRange = 11,
  kUnimplemented = 12
};

HeaderList headers_of(int port, std::string_view method) {
  return {{":method", "POST"},
          {":scheme", "http"},
          {":path", (method.find('.') == method.npos ? "/etcdserverpb." : "/") + std::string(method)},
          {":authority", "127.0.0.1:" + std::to_string(port)},
          {"content-type", "application/grpc"},
          {"te", "trailers"}};
}

Status status_of(const Http2Stream& stream) {
  const auto code = conformance::trailer(stream, "grpc-status");
  if (!code) return {Status::kNoAnswer, "no status"};
  return {std::stoi(*code), conformance::percent_decoded(conformance::trailer(stream, "grpc-message").value_or(""))};
}

}  // namespace

// What a member refuses by these codes it has not done; the others tell of a leader lost or a time that ran out.
bool Status::unknown() const {
  switch (code) {
    case 0:
    case kNotSent:
    case kInvalidArgument:
    case kNotFound:
    case kPermissionDenied:
    case kResourceExhausted:
    case kFailedPrecondition:
    case kOutOfRange:
    case kUnimplemented:
      return false;
    default:
      return true;
  }
}

bool V3Client::connect() {
  if (client_ && !client_->closed() && !client_->goaway()) return true;
  client_ = std::make_unique<Http2Client>(port_);
  ++connection_;
  return !client_->closed();
}

Status V3Client::call(std::string_view method, const MessageLite& request, MessageLite& response,
                      std::chrono::milliseconds time) {
  if (!connect()) return {Status::kNotSent, "refused"};
  const int32_t number =
      client_->request(headers_of(port_, method), conformance::framed(request.SerializeAsString()), true);
  const auto over = [&] { return client_->stream(number).over(); };
  if (!client_->run(over, in(time))) {
    client_.reset();  // whatever it still says belongs to nobody
    return {Status::kNoAnswer, "no answer"};
  }
  Http2Stream& stream = client_->stream(number);
  const Status status = status_of(stream);
  const std::optional<std::string> message = conformance::take_frame(stream.data);
  if (status.ok() && (!message || !response.ParseFromString(*message)))
    return {Status::kNoAnswer, "no readable message"};
  return status;
}

V3Stream::V3Stream(int port, std::string_view method, const MessageLite& first) : client_(port) {
  if (client_.closed()) return;
  stream_ = client_.request(headers_of(port, method), conformance::framed(first.SerializeAsString()), false);
}

void V3Stream::send(const MessageLite& request) {
  if (!client_.closed()) client_.send(stream_, conformance::framed(request.SerializeAsString()), false);
}

V3Stream::Next V3Stream::next(MessageLite& response, std::chrono::milliseconds time) {
  if (stream_ == 0) return Next::kEnded;
  std::optional<std::string> message;
  const auto has_news = [&] {
    message = conformance::take_frame(client_.stream(stream_).data);
    return message || client_.stream(stream_).over();
  };
  if (!client_.run(has_news, in(time))) return client_.closed() ? Next::kEnded : Next::kNothing;
  return message && response.ParseFromString(*message) ? Next::kMessage : Next::kEnded;
}

}  // namespace viaduct::cluster_test
