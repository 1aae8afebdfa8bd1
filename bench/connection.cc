#include "bench/connection.h"

#include <poll.h>

#include <array>

#include "bench/failure.h"

namespace viaduct::bench {
// The send buffer is empty, for the last answer has come, and larger than any request here: this does not block.
void Connection::send(std::string_view request, std::string* body) {
  asked_.assign(request.substr(0, request.find('\r')));
  parser_.expect(body);
  sent_at_ = Clock::now();
  socket_.send(request);
}

bool Connection::receive() {
  thread_local std::array<char, 256 << 10> buffer;
  const size_t got = socket_.receive(buffer);
  parser_.feed({buffer.data(), got});
  return got == buffer.size();
}

void Connection::wait_for_answer() {
  constexpr int kPatienceMs = 60'000;
  while (!answered()) {
    pollfd readable{.fd = socket(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kPatienceMs) <= 0) throw Failure(asked_ + ": no answer within a minute");
    receive();
  }
}

void Connection::require_success() const {
  if (status() < 200 || status() > 299) throw Failure(asked_ + ": answered " + std::to_string(status()));
}

}  // namespace viaduct::bench
