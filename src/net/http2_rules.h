// Whether the fields of an HTTP/2 request are well-formed (RFC 9113, 8.2 and 8.3). nghttp2's own check is off: it takes
// nothing but a host for an authority, and gRPC clients put the name of their target there, such as
// "http://127.0.0.1:2379" or "#initially=[http://127.0.0.1:2379]".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::net {

class Http2Rules {
 public:
  void begin() { *this = {}; }

  // The next field of a header block. False: the request is malformed.
  bool add(std::string_view name, std::string_view value);
  // After the last: whether all is there that a request must say.
  bool complete() const { return has_method_ && has_scheme_ && has_path_; }
  std::optional<uint64_t> content_length() const { return content_length_; }

  static bool is_trailer(std::string_view name, std::string_view value);

 private:
  bool add_pseudo(std::string_view name, std::string_view value);
  bool add_content_length(std::string_view value);

  std::optional<uint64_t> content_length_;
  bool has_method_ = false;
  bool has_scheme_ = false;
  bool has_path_ = false;
  bool has_authority_ = false;
  bool in_fields_ = false;  // behind the pseudo-header fields
};

}  // namespace viaduct::net
