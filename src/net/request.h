// One HTTP request as a handler gets it: what the client sent, byte for byte, and nothing decoded.
// Ownership: owns all its bytes; every view it gives lives as long as the Request and dies when it is moved or changed.
// Threads:   a value; belongs to whoever holds it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/peer_address.h"

namespace viaduct::net {

enum class Method : uint8_t { kOther, kGet, kHead, kPost, kPut, kDelete, kOptions, kPatch, kConnect, kTrace };

Method method_from(std::string_view text);                          // case-sensitive, as methods are
bool is_safe(Method method);                                        // RFC 9110, 9.2.1: GET, HEAD, OPTIONS, TRACE
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII only

enum class Scheme : uint8_t { kHttp, kHttps };

struct HeaderField {
  std::string_view name;   // as sent
  std::string_view value;  // without the spaces around it
};

class Request {
 public:
  Request() = default;
  Request(std::string_view method_text, std::string_view target) { set_line(method_text, target); }

  // `target` in origin form (/path?query), absolute form (http://host/path?query) or `*`.
  void set_line(std::string_view method_text, std::string_view target);
  void add_header(std::string_view name, std::string_view value);

  Method method() const { return method_; }
  std::string_view method_text() const { return view(0, method_length_); }
  std::string_view target() const { return view(method_length_, target_length_); }
  std::string_view raw_path() const { return view(path_at_, path_length_); }     // still percent-encoded
  std::string_view raw_query() const { return view(query_at_, query_length_); }  // behind the first '?', else empty

  size_t header_count() const { return fields_.size(); }
  HeaderField header(size_t i) const;  // in the order sent
  bool has_header(std::string_view name) const { return position(name) < fields_.size(); }
  std::string_view find_header(std::string_view name) const;  // the first value; empty if there is none

  size_t size_bytes() const { return text_.size() + body.size(); }

  std::string body;             // transfer coding removed
  bool body_too_large = false;  // beyond the handler's limit: `body` is not all; the connection closes after the reply
  bool keep_alive = true;       // the client wants to go on with this connection
  int version = 11;             // 10, 11 or 20
  Scheme scheme = Scheme::kHttp;
  PeerAddress peer;
  std::shared_ptr<const std::string> certificate_name;  // the client's, verified; shared by the connection; may be null

 private:
  struct Position {  // in text_: name, then value
    uint32_t at;
    uint32_t name_length;
    uint32_t value_length;
  };

  std::string_view view(uint32_t at, uint32_t length) const { return std::string_view(text_).substr(at, length); }
  size_t position(std::string_view name) const;

  Method method_ = Method::kOther;
  std::string text_;  // method, target, then each name and value
  uint32_t method_length_ = 0;
  uint32_t target_length_ = 0;
  uint32_t path_at_ = 0;
  uint32_t path_length_ = 0;
  uint32_t query_at_ = 0;
  uint32_t query_length_ = 0;
  std::vector<Position> fields_;
};

}  // namespace viaduct::net
