#include "v3/grpc_headers.h"

#include <algorithm>

#include "base/utf8.h"
#include "v3/dispatch.h"

namespace viaduct::v3 {
namespace {

constexpr std::string_view kContentType = "content-type";
constexpr std::string_view kGrpcType = "application/grpc";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_grpc_type(std::string_view type) {
  if (type.size() < kGrpcType.size()) return false;
  if (!net::equals_ignoring_case(type.substr(0, kGrpcType.size()), kGrpcType)) return false;
  return type.size() == kGrpcType.size() || type[kGrpcType.size()] == '+' || type[kGrpcType.size()] == ';';
}

// What stands behind + or ; comes back behind +.
std::string subtype_of(std::string_view type) {
  std::string subtype(type.substr(std::min(type.size(), kGrpcType.size() + 1)));
  std::transform(subtype.begin(), subtype.end(), subtype.begin(), lower);
  return subtype;
}

// What is HTTP's and gRPC's own is no metadata.
bool is_metadata(std::string_view name) {
  return !name.starts_with(':') && name != "te" && name != "user-agent" && name != "host";
}

void append_escape(std::string& to, char c) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  to += '%';
  to += kDigits[byte >> 4];
  to += kDigits[byte & 15];
}

void add_status(net::ReplyHeaders& headers, const Status& status) {
  headers.add("grpc-status", static_cast<uint64_t>(status.code));
  headers.add("grpc-message", encode_grpc_message(status.message));
}

}  // namespace

bool has_grpc_content_type(const net::Request& request) { return is_grpc_type(request.find_header(kContentType)); }

std::optional<GrpcHead> read_grpc_head(const net::Request& request) {
  GrpcHead head;
  bool is_grpc = false;
  for (size_t i = 0; i < request.header_count(); ++i) {
    const auto [name, value] = request.header(i);
    if (name == kContentType) {
      if (!is_grpc_type(value)) return std::nullopt;
      head.subtype = subtype_of(value);
      is_grpc = true;
    } else if (name == "grpc-encoding") {
      head.encoding = value == "identity" ? std::string_view() : value;
    } else if (name == "grpc-timeout") {
      head.timeout = parse_grpc_timeout(value);
      if (!head.timeout) return std::nullopt;
    } else if (!name.starts_with("grpc-") && is_metadata(name)) {
      head.metadata.add(std::string(name), std::string(value));
    }
  }
  if (!is_grpc) return std::nullopt;
  return head;
}

std::string encode_grpc_message(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const std::string_view character = length == 0 ? "\xef\xbf\xbd" : text.substr(0, length);
    const bool plain = length == 1 && text[0] >= 0x20 && text[0] <= 0x7e && text[0] != '%';
    if (plain) {
      encoded += text[0];
    } else {
      for (const char c : character) append_escape(encoded, c);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return encoded;
}

net::ReplyHeaders grpc_headers(std::string_view subtype) {
  static const net::ReplyHeaders plain = [] {
    net::ReplyHeaders headers;
    headers.add(kContentType, kGrpcType);
    return headers;
  }();
  if (subtype.empty()) return plain;
  net::ReplyHeaders headers;
  headers.add(kContentType, std::string(kGrpcType).append("+").append(subtype));
  return headers;
}

net::ReplyHeaders grpc_trailers(const Status& status) {
  static const net::ReplyHeaders ok = [] {
    net::ReplyHeaders trailers;
    add_status(trailers, {});
    return trailers;
  }();
  if (status.ok()) return ok;
  net::ReplyHeaders trailers;
  add_status(trailers, status);
  return trailers;
}

net::Reply grpc_trailers_only(std::string_view subtype, const Status& status) {
  net::Reply reply;
  reply.headers = grpc_headers(subtype);
  add_status(reply.headers, status);
  reply.bare = true;
  return reply;
}

}  // namespace viaduct::v3
