// Bytes on their way out. Small pieces are gathered into one buffer, large ones are kept as they came, shared ones
// without a copy. Holds no memory when empty.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/reply.h"

namespace viaduct::net {

class OutputQueue {
 public:
  void append(std::string_view bytes);  // copies
  void append_body(Body&& body);
  void splice(OutputQueue&& other);
  void move_front(size_t bytes, OutputQueue& to);  // at most bytes()

  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }
  size_t owned_bytes() const { return owned_bytes_; }  // without those shared with others
  size_t gather(std::span<iovec> into) const;          // how many were filled
  void drop(size_t bytes);                             // from the front; at most bytes()

 private:
  std::string& tail();

  std::vector<Body> pieces_;
  size_t first_ = 0;    // pieces before it are gone
  size_t dropped_ = 0;  // of the first piece
  size_t bytes_ = 0;
  size_t owned_bytes_ = 0;  // of all pieces there are
};

}  // namespace viaduct::net
