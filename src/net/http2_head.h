// Builds a Request from the fields of a well-formed HTTP/2 header block, within the limits that HTTP/1 has too.
// Memory: keeps a little room for the next block; a connection reads one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/limits.h"
#include "net/refusal.h"
#include "net/request.h"

namespace viaduct::net {

class Http2Head {
 public:
  explicit Http2Head(const Limits& limits) : limits_(limits) {}

  void begin();
  void add(std::string_view name, std::string_view value);
  // After the last field. The request is of no use when there is a refusal.
  Request finish();
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  void add_pseudo(std::string_view name, std::string_view value);
  void begin_fields();
  void refuse(const Refusal& refusal) { refusal_ = refusal; }

  const Limits& limits_;
  Request request_;
  std::optional<Refusal> refusal_;
  std::string method_;
  std::string path_;
  std::string authority_;
  size_t list_bytes_ = 0;
  bool in_fields_ = false;  // behind the pseudo-header fields
};

}  // namespace viaduct::net
