// What gRPC says in HTTP/2 headers and trailers (v3-api.md 6.3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "net/reply.h"
#include "net/request.h"
#include "v3/call.h"
#include "v3/status.h"

namespace viaduct::v3 {

// The head of a gRPC request as far as it matters here.
struct GrpcHead {
  std::string subtype;   // x of application/grpc+x, mostly empty
  std::string encoding;  // of compressed messages; empty: identity
  std::optional<std::chrono::nanoseconds> timeout;
  Metadata metadata;
};

// application/grpc, alone or with +x or ;x behind it.
bool has_grpc_content_type(const net::Request& request);

// Nothing if the head breaks gRPC's rules: another content type, a timeout that is none.
std::optional<GrpcHead> read_grpc_head(const net::Request& request);

// Percent signs for all that is not printable ASCII, and for the percent sign.
std::string encode_grpc_message(std::string_view text);

net::ReplyHeaders grpc_headers(std::string_view subtype);
net::ReplyHeaders grpc_trailers(const Status& status);
// An answer without any message: what would be trailers stands in the headers.
net::Reply grpc_trailers_only(std::string_view subtype, const Status& status);

}  // namespace viaduct::v3
