#include "v3/gateway_headers.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "v3/dispatch.h"

namespace viaduct::v3 {
namespace {

constexpr std::string_view kMetadataPrefix = "grpc-metadata-";
constexpr size_t kMaxTimeoutDigits = 8;  // of gRPC itself

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

}  // namespace

std::optional<GatewayHead> read_gateway_head(const net::Request& request) {
  GatewayHead head;
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

}  // namespace viaduct::v3
