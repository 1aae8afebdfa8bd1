// A bare connection for what no well-behaved client does: half requests, silence, ten thousand at once.
#pragma once

#include <string>
#include <string_view>

namespace viaduct::system_test {

class RawSocket {
 public:
  explicit RawSocket(int port);  // connected; throws if it cannot be
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool send(std::string_view bytes);  // false when the server has closed
  void end_sending();                 // half-closes
  // Reads until `marker` was received or the server closed; all bytes so far, since the connection was made.
  const std::string& read_until(std::string_view marker);
  bool read_to_end();  // until the server closes; false if it does not within 30 s
  const std::string& received() const { return received_; }

 private:
  bool read_some();

  int fd_;
  std::string received_;
};

void allow_many_sockets();  // raises this process's limit of descriptors

}  // namespace viaduct::system_test
