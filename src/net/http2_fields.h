// Header lines as they are kept for HTTP/1, taken apart for HTTP/2.
#pragma once

#include <string_view>

namespace viaduct::net {

// Calls `take(name, value)` for each of "Name: value\r\n"...; those that speak of an HTTP/1 connection are left out
// (RFC 9113, 8.2.2).
template <typename Take>
void for_each_http2_field(std::string_view lines, Take take);

bool is_http1_only(std::string_view name);

template <typename Take>
void for_each_http2_field(std::string_view lines, Take take) {
  while (!lines.empty()) {
    const size_t colon = lines.find(':');
    const size_t end = lines.find('\r', colon);
    const std::string_view name = lines.substr(0, colon);
    if (!is_http1_only(name)) take(name, lines.substr(colon + 2, end - colon - 2));
    lines.remove_prefix(end + 2);
  }
}

}  // namespace viaduct::net
