// What a handler answers. The codec adds Server, Date, Content-Length or Transfer-Encoding, and Connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/blob.h"

namespace viaduct::net {

// Header lines in the order added, names spelt as given. Kept as the bytes that HTTP/1 writes.
class ReplyHeaders {
 public:
  void add(std::string_view name, std::string_view value);  // CR, LF and NUL in a value become spaces
  void add(std::string_view name, uint64_t value);
  std::string_view lines() const { return lines_; }  // "Name: value\r\n" each
  bool contains(std::string_view name) const;

 private:
  std::string lines_;
};

// Bytes of one reply, or bytes that many replies share.
using Body = std::variant<std::string, Blob>;

inline std::string_view view(const Body& body) {
  if (const std::string* own = std::get_if<std::string>(&body)) return *own;
  return std::get<Blob>(body).view();
}

// A whole reply. For HEAD hand over the body GET would have: the codec counts it and leaves it out.
struct Reply {
  int status = 200;
  ReplyHeaders headers;
  Body body;
  ReplyHeaders trailers;  // behind the body; not in HTTP/1.0, which has none
  bool bare = false;      // HTTP/2 only: `headers` are all there are, as gRPC has it
  bool close = false;     // close the connection after this reply
};

// The start of a reply whose body comes in chunks; sent at once.
struct StreamHead {
  int status = 200;
  ReplyHeaders headers;
  bool bare = false;  // as in Reply
};

}  // namespace viaduct::net
