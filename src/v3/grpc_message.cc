#include "v3/grpc_message.h"

#include "v3/gzip.h"

namespace viaduct::v3 {
namespace {

uint32_t length_in(Bytes head) { return ByteReader(head.substr(1, 4)).take_be32(); }

std::string frame_head(size_t message_bytes) {
  std::string frame;
  frame.reserve(kFrameHeadBytes + message_bytes);
  frame += '\0';
  put_be32(frame, static_cast<uint32_t>(message_bytes));
  return frame;
}

Status internal(std::string text) { return {StatusCode::kInternal, std::move(text)}; }

}  // namespace

std::string frame_of(const Message& message) {
  std::string frame = frame_head(message.ByteSizeLong());
  message.AppendToString(&frame);
  return frame;
}

std::string frame_of_encoded(Bytes message) { return frame_head(message.size()).append(message); }

Status MessageReader::check_encoding(std::string_view encoding) {
  if (encoding.empty() || encoding == "gzip") return {};
  return {StatusCode::kUnimplemented,
          "grpc: Decompressor is not installed for grpc-encoding \"" + std::string(encoding) + "\""};
}

Status MessageReader::read_only(Bytes body, Message& into) const {
  if (body.empty()) return {StatusCode::kUnknown, "EOF"};
  if (body.size() < kFrameHeadBytes) return cut_off();
  const uint32_t length = length_in(body);
  if (Status status = check_length(length); !status.ok()) return status;
  if (body.size() - kFrameHeadBytes < length) return cut_off();
  return parse({static_cast<uint8_t>(body[0]), body.substr(kFrameHeadBytes, length)}, into);
}

bool MessageReader::next(Message& into, Status& status) {
  const Bytes rest = Bytes(buffer_).substr(at_);
  if (rest.size() < kFrameHeadBytes) return wait_for_more();
  const uint32_t length = length_in(rest);
  status = check_length(length);
  if (!status.ok()) return true;
  if (rest.size() - kFrameHeadBytes < length) return wait_for_more();
  status = parse({static_cast<uint8_t>(rest[0]), rest.substr(kFrameHeadBytes, length)}, into);
  at_ += kFrameHeadBytes + length;
  return true;
}

bool MessageReader::wait_for_more() {
  buffer_.erase(0, at_);
  at_ = 0;
  if (buffer_.empty()) buffer_.shrink_to_fit();  // a quiet stream holds none
  return false;
}

Status MessageReader::cut_off() const {
  return {shape_ == CallShape::kUnary ? StatusCode::kUnknown : StatusCode::kInternal, "unexpected EOF"};
}

Status MessageReader::check_length(uint64_t length) const {
  return length > dispatch_.message_limit_bytes() ? dispatch_.message_too_large(length) : Status();
}

Status MessageReader::parse(const Frame& frame, Message& into) const {
  std::string plain;
  Bytes message = frame.message;
  if (frame.format > 1) return internal("grpc: received unexpected payload format " + std::to_string(frame.format));
  if (frame.format == 1) {
    if (!gzip_) return internal("grpc: compressed flag set with identity or empty encoding");
    Result<std::string> unpacked = gunzip(message, dispatch_.message_limit_bytes());
    if (!unpacked && unpacked.error().code == Code::kTooLarge) {
      return dispatch_.message_too_large(dispatch_.message_limit_bytes() + 1);
    }
    if (!unpacked) return internal("grpc: failed to decompress the received message " + unpacked.error().message);
    plain = std::move(*unpacked);
    message = plain;
  }
  if (into.ParseFromArray(message.data(), static_cast<int>(message.size()))) return {};
  return bad_message();
}

Status MessageReader::bad_message() const {
  return internal(shape_ == CallShape::kUnary
                      ? "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data"
                      : "grpc: failed to unmarshal the received message proto: cannot parse invalid wire-format data");
}

}  // namespace viaduct::v3
