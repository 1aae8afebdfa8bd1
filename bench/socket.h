// A blocking TCP connection to a server on loopback.
// Ownership: owns the descriptor.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace viaduct::bench {

class Socket {
 public:
  explicit Socket(int port);
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;

  void send(std::string_view bytes);  // all of them
  // What has come, without waiting; 0: nothing. Failure when the server has closed the connection.
  size_t receive(std::span<char> into);
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace viaduct::bench
