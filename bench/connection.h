// One keep-alive connection to a server on loopback that has at most one request on its way.
// Threads: one at a time. Errors: Failure when the server closes it or answers no success.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "bench/response_parser.h"
#include "bench/socket.h"

namespace viaduct::bench {

using Clock = std::chrono::steady_clock;

class Connection {
 public:
  explicit Connection(int port) : socket_(port) {}

  // Sends without waiting for the answer. `body`, when given, collects the answer's content.
  void send(std::string_view request, std::string* body = nullptr);

  // Takes what has come, without waiting. True: there may be more, call again.
  bool receive();

  void wait_for_answer();  // the whole of it; Failure when it takes a minute

  bool parked() const { return parser_.has_head(); }    // the head of the answer is here
  bool answered() const { return parser_.complete(); }  // and its body
  int status() const { return parser_.status(); }
  Clock::time_point sent_at() const { return sent_at_; }
  int socket() const { return socket_.descriptor(); }

  void require_success() const;  // Failure unless the answer is 2xx

 private:
  Socket socket_;
  ResponseParser parser_;
  Clock::time_point sent_at_;
  std::string asked_;  // request line, for messages
};

}  // namespace viaduct::bench
