#include "net/websocket.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/utf8.h"

namespace viaduct::net {
namespace {

constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr size_t kMaxControlBytes = 125;
constexpr uint8_t kLast = 0x80, kReserved = 0x70, kMasked = 0x80;
constexpr uint8_t kTwoBytes = 126, kEightBytes = 127;  // of length, behind the head

// token ("," token)*
bool lists(std::string_view header, std::string_view wanted) {
  while (!header.empty()) {
    const size_t comma = std::min(header.find(','), header.size());
    std::string_view token = header.substr(0, comma);
    token.remove_prefix(std::min(token.find_first_not_of(" \t"), token.size()));
    token = token.substr(0, token.find_last_not_of(" \t") + 1);
    if (equals_ignoring_case(token, wanted)) return true;
    header.remove_prefix(std::min(comma + 1, header.size()));
  }
  return false;
}

// In any of the fields of that name.
bool lists(const Request& request, std::string_view name, std::string_view wanted) {
  for (size_t i = 0; i < request.header_count(); ++i) {
    const HeaderField field = request.header(i);
    if (equals_ignoring_case(field.name, name) && lists(field.value, wanted)) return true;
  }
  return false;
}

std::string accept_value(std::string_view key) {
  const std::string text = std::string(key) + std::string(kMagic);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  std::string value;
  append_base64(value, {reinterpret_cast<const char*>(digest), size});
  return value;
}

uint64_t big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// Codes that a client may send (RFC 6455, 7.4).
bool may_be_sent(uint64_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::string close_payload(uint16_t code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason;
  return payload;
}

std::string close_frame(Bytes payload) {
  std::string frame;
  append_websocket_frame(frame, WebSocketOpcode::kClose, payload);
  return frame;
}

}  // namespace

bool asks_for_websocket(const Request& request) {
  return request.method() == Method::kGet && lists(request, "Upgrade", "websocket") &&
         lists(request, "Connection", "upgrade");
}

std::optional<ReplyHeaders> websocket_accept(const Request& request) {
  const std::string_view key = request.find_header("Sec-WebSocket-Key");
  if (key.empty() || request.find_header("Sec-WebSocket-Version") != "13") return std::nullopt;
  ReplyHeaders headers;
  headers.add("Upgrade", "websocket");
  headers.add("Connection", "Upgrade");
  headers.add("Sec-WebSocket-Accept", accept_value(key));
  return headers;
}

void append_websocket_frame(std::string& to, WebSocketOpcode opcode, Bytes payload) {
  to += static_cast<char>(kLast | static_cast<uint8_t>(opcode));
  const uint64_t size = payload.size();
  const int length_bytes = size < kTwoBytes ? 0 : size <= 0xffff ? 2 : 8;
  to += static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? kTwoBytes : kEightBytes);
  for (int i = length_bytes; i > 0; --i) to += static_cast<char>(size >> 8 * (i - 1));
  to += payload;
}

std::string websocket_close_frame(WebSocketCode code, std::string_view reason) {
  return close_frame(close_payload(static_cast<uint16_t>(code), reason));
}

void WebSocketReader::add(Bytes bytes) {
  if (state_ == State::kOver) return;
  buffer_.erase(0, std::exchange(at_, 0));
  buffer_.append(bytes);
}

WebSocketReader::Found WebSocketReader::next() {
  while (true) {
    if (state_ == State::kOver) return Found::kNothing;
    if (state_ == State::kHead) {
      const size_t before = at_;
      if (const auto found = read_head()) return *found;
      if (at_ == before) return Found::kNothing;
    }
    take_payload();
    if (left_ != 0) return Found::kNothing;
    state_ = State::kHead;
    const Found found = is_control() ? end_control() : end_data();
    if (found != Found::kNothing) return found;
  }
}

// head := flags_and_opcode:u8 mask_and_length:u8 [length:u16|u64] mask:u8[4]     big-endian
std::optional<WebSocketReader::Found> WebSocketReader::read_head() {
  const std::string_view bytes = std::string_view(buffer_).substr(at_);
  if (bytes.size() < 2) return std::nullopt;
  const auto first = static_cast<uint8_t>(bytes[0]), second = static_cast<uint8_t>(bytes[1]);
  if (const std::string_view reason = check_head(first, second); !reason.empty()) {
    return wrong(WebSocketCode::kProtocolError, reason);
  }
  const uint8_t length = second & ~kMasked;
  const size_t length_bytes = length == kTwoBytes ? 2 : length == kEightBytes ? 8 : 0;
  if (bytes.size() < 2 + length_bytes + sizeof mask_) return std::nullopt;
  left_ = length_bytes == 0 ? length : big_endian(bytes.substr(2, length_bytes));
  opcode_ = static_cast<WebSocketOpcode>(first & 0x0f);
  last_ = first & kLast;
  if (!is_control() && (left_ > limit_ || message_.size() > limit_ - left_)) {
    return wrong(WebSocketCode::kTooLarge, "message too large");
  }
  std::copy_n(bytes.substr(2 + length_bytes).data(), sizeof mask_, mask_);
  mask_at_ = 0;
  at_ += 2 + length_bytes + sizeof mask_;
  state_ = State::kPayload;
  return std::nullopt;
}

std::string_view WebSocketReader::check_head(uint8_t first, uint8_t second) const {
  const uint8_t opcode = first & 0x0f, length = second & ~kMasked;
  const bool control = opcode >= 8;
  if (first & kReserved) return "reserved bits set";
  if (opcode > 10 || (opcode > 2 && opcode < 8)) return "bad opcode";
  if (!(second & kMasked)) return "bad MASK";
  if (control && (!(first & kLast) || length > kMaxControlBytes)) return "bad control frame";
  if (!control && (opcode == 0) != in_message_) return "bad continuation";
  return {};
}

void WebSocketReader::take_payload() {
  const size_t count = std::min<uint64_t>(left_, buffer_.size() - at_);
  std::string& to = is_control() ? control_ : message_;
  const size_t start = to.size();
  to.append(buffer_, at_, count);
  for (size_t i = start; i < to.size(); ++i) to[i] = static_cast<char>(to[i] ^ mask_[mask_at_++ & 3]);
  at_ += count;
  left_ -= count;
}

WebSocketReader::Found WebSocketReader::end_data() {
  if (opcode_ != WebSocketOpcode::kContinuation) is_text_ = opcode_ == WebSocketOpcode::kText;
  in_message_ = !last_;
  if (!last_) return Found::kNothing;
  payload_ = std::exchange(message_, {});
  return is_text_ && !is_utf8(payload_) ? wrong(WebSocketCode::kNotUtf8, "not UTF-8") : Found::kMessage;
}

WebSocketReader::Found WebSocketReader::end_control() {
  payload_ = std::exchange(control_, {});
  if (opcode_ == WebSocketOpcode::kPing) return Found::kPing;
  if (opcode_ == WebSocketOpcode::kPong) return Found::kNothing;
  if (!payload_.empty() && (payload_.size() < 2 || !may_be_sent(big_endian(std::string_view(payload_).substr(0, 2))))) {
    return wrong(WebSocketCode::kProtocolError, "bad close code");
  }
  if (!is_utf8(std::string_view(payload_).substr(std::min<size_t>(2, payload_.size())))) {
    return wrong(WebSocketCode::kNotUtf8, "not UTF-8");
  }
  state_ = State::kOver;
  payload_ = close_frame(payload_.substr(0, 2));
  return Found::kClose;
}

WebSocketReader::Found WebSocketReader::wrong(WebSocketCode code, std::string_view reason) {
  state_ = State::kOver;
  buffer_.clear();
  at_ = 0;
  payload_ = websocket_close_frame(code, reason);
  return Found::kWrong;
}

}  // namespace viaduct::net
