// A blocking TCP connection to a server on the loopback, with deadlines: bytes out, replies or bytes in. Hand-written
// rather than a client library because the exact bytes of both directions are what the suite is about.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "test/conformance/reply.h"

namespace viaduct::conformance {

using Deadline = std::chrono::steady_clock::time_point;

Deadline in(std::chrono::milliseconds time);

// Ownership: owns the socket. Threads: one at a time.
class Connection {
 public:
  explicit Connection(int port);  // connected() says whether that worked
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return socket_ >= 0; }
  bool closed() const { return closed_; }  // by the server

  // Sends everything, keeping what the server says meanwhile: it may refuse a body before it has read all of it.
  void send(std::string_view bytes, Deadline deadline);

  // Feeds `parser` until `done` holds, the server closes or the deadline passes. Returns whether `done` holds.
  bool receive(ReplyParser& parser, const std::function<bool()>& done, Deadline deadline);

  // The next bytes as they come; empty when the server closed or the deadline passed.
  std::string read(Deadline deadline);

 private:
  bool wait(short events, Deadline deadline);  // false once the deadline has passed
  void read_available();

  int socket_ = -1;
  bool closed_ = false;
  std::string received_;  // not yet given to a parser
};

}  // namespace viaduct::conformance
