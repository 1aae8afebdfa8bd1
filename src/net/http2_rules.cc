#include "net/http2_rules.h"

#include <nghttp2/nghttp2.h>

#include <charconv>
#include <utility>

#include "net/http2_fields.h"
#include "net/request.h"

namespace viaduct::net {
namespace {

const uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

bool is_pseudo(std::string_view name) { return name.starts_with(':'); }
bool is_name(std::string_view name) {
  return !is_pseudo(name) && nghttp2_check_header_name(bytes_of(name), name.size()) != 0;
}
bool is_value(std::string_view value) { return nghttp2_check_header_value_rfc9113(bytes_of(value), value.size()) != 0; }

// Fields that speak of a connection of HTTP/1 have no place here (8.2.2).
bool may_stand(std::string_view name, std::string_view value) {
  return !is_http1_only(name) && (name != "te" || equals_ignoring_case(value, "trailers"));
}

bool is_first(bool& seen) { return !std::exchange(seen, true); }

}  // namespace

bool Http2Rules::add(std::string_view name, std::string_view value) {
  if (is_pseudo(name)) return !in_fields_ && add_pseudo(name, value);
  in_fields_ = true;
  if (!is_name(name) || !is_value(value) || !may_stand(name, value)) return false;
  return name != "content-length" || add_content_length(value);
}

bool Http2Rules::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":method") return nghttp2_check_method(bytes_of(value), value.size()) != 0 && is_first(has_method_);
  if (name == ":path") {
    return !value.empty() && nghttp2_check_path(bytes_of(value), value.size()) != 0 && is_first(has_path_);
  }
  if (name == ":scheme") return !value.empty() && is_value(value) && is_first(has_scheme_);
  return name == ":authority" && is_value(value) && is_first(has_authority_);
}

bool Http2Rules::add_content_length(std::string_view value) {
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (content_length_ || error != std::errc() || end != value.data() + value.size()) return false;
  content_length_ = length;
  return true;
}

bool Http2Rules::is_trailer(std::string_view name, std::string_view value) {
  return is_name(name) && is_value(value) && may_stand(name, value);
}

}  // namespace viaduct::net
