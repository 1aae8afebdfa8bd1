// Request targets: taken apart, decoded and cleaned by the rules of Go's net/url and net/http, which v2 clients rely on
// (v2-api.md 0.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::net {

struct TargetParts {
  std::string_view path;   // percent-encoded; "*" for the asterisk form
  std::string_view query;  // behind the first '?', else empty
};

// Nothing when it is none of: /path?query, scheme://authority/path?query, *.
std::optional<TargetParts> split_target(std::string_view target);

// Percent-decoded, '+' stays. Nothing when an escape is malformed.
std::optional<std::string> decode_path(std::string_view raw_path);
bool has_valid_escapes(std::string_view raw_path);

// Rooted, without empty, "." and ".." elements; a trailing slash stays.
std::string clean_path(std::string_view path);

// The percent-encoded form of a decoded path, as a Location header has it.
std::string encode_path(std::string_view path);

// Where a client should go instead when its decoded path is not clean; nothing when it is. The query is kept as it is.
std::optional<std::string> redirect_location(std::string_view decoded_path, std::string_view raw_query);

}  // namespace viaduct::net
