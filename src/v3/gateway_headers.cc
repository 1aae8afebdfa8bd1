#include "v3/gateway_headers.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "net/websocket.h"
#include "v3/dispatch.h"

namespace viaduct::v3 {
namespace {

constexpr std::string_view kMetadataPrefix = "grpc-metadata-";
constexpr size_t kMaxTimeoutDigits = 8;  // of gRPC itself
constexpr std::string_view kProtocol = "Sec-WebSocket-Protocol", kBearer = "Bearer,";

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lowered;
}

// As gRPC's, but with a sign and any number of digits, as Go's ParseInt takes them.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  while (text.size() > 2 && text.starts_with('0')) text.remove_prefix(1);
  const bool digits = text.size() > 1 && text.find_first_not_of("0123456789") == text.size() - 1;
  if (!digits) return std::nullopt;
  // What gRPC cannot say is longer than anybody waits.
  const std::string longest = std::string(kMaxTimeoutDigits, '9') + text.back();
  const auto timeout = parse_grpc_timeout(text.size() > longest.size() ? longest : text);
  if (!timeout) return std::nullopt;
  return negative ? -*timeout : *timeout;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

// name=value; name=value
std::string_view find_cookie(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const size_t end = std::min(cookies.find(';'), cookies.size());
    const std::string_view cookie = trim(cookies.substr(0, end));
    if (cookie.starts_with(name) && cookie.substr(name.size()).starts_with('=')) return cookie.substr(name.size() + 1);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
  }
  return {};
}

// The first that is there counts, whatever else the request says of authorization.
void add_websocket_token(const net::Request& request, Metadata& metadata) {
  const std::string_view protocol = request.find_header(kProtocol);
  if (const std::string_view token = find_cookie(request.find_header("Cookie"), "token"); !token.empty()) {
    metadata.add("authorization", "Bearer " + std::string(token));
  } else if (const size_t at = protocol.find(kBearer); at != protocol.npos) {
    metadata.add("authorization", "Bearer " + std::string(trim(protocol.substr(at + kBearer.size()))));
  }
}

}  // namespace

std::optional<GatewayHead> read_gateway_head(const net::Request& request, bool is_websocket) {
  GatewayHead head;
  if (is_websocket) add_websocket_token(request, head.metadata);
  if (const std::string_view text = request.find_header("Grpc-Timeout"); !text.empty()) {
    head.timeout = parse_timeout(text);
    if (!head.timeout) return std::nullopt;
    if (*head.timeout == std::chrono::nanoseconds::zero()) head.timeout.reset();  // none, in Go
  }
  for (size_t i = 0; i < request.header_count(); ++i) {
    const net::HeaderField field = request.header(i);
    if (net::equals_ignoring_case(field.name, "Authorization")) {
      head.metadata.add("authorization", std::string(field.value));
    } else if (net::equals_ignoring_case(field.name.substr(0, kMetadataPrefix.size()), kMetadataPrefix)) {
      head.metadata.add(lower(field.name.substr(kMetadataPrefix.size())), std::string(field.value));
    }
  }
  return head;
}

net::ReplyHeaders websocket_headers(const net::Request& request) {
  net::ReplyHeaders headers = net::websocket_accept(request).value();
  if (request.find_header(kProtocol).find(kBearer) != std::string_view::npos) headers.add(kProtocol, "Bearer");
  return headers;
}

}  // namespace viaduct::v3
