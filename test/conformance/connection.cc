#include "test/conformance/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace viaduct::conformance {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

Deadline in(milliseconds time) { return steady_clock::now() + time; }

Connection::Connection(int port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (made >= 0 && ::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(made);
    return;
  }
  const int on = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  socket_ = made;
}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

bool Connection::wait(short events, Deadline deadline) {
  const auto left = std::max<long long>(0, duration_cast<milliseconds>(deadline - steady_clock::now()).count());
  pollfd waiting{socket_, events, 0};
  return ::poll(&waiting, 1, static_cast<int>(left) + 1) > 0 || steady_clock::now() < deadline;
}

void Connection::read_available() {
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) {
    received_.append(buffer.data(), static_cast<size_t>(count));
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    closed_ = true;
  }
}

void Connection::send(std::string_view bytes, Deadline deadline) {
  while (connected() && !closed_ && !bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
      return;  // what the server said before it closed can still be read
    } else if (!wait(POLLIN | POLLOUT, deadline)) {
      return;
    }
    read_available();
  }
}

bool Connection::receive(ReplyParser& parser, const std::function<bool()>& done, Deadline deadline) {
  while (true) {
    parser.feed(received_);
    received_.clear();
    if (parser.complete() || parser.broken()) received_ = parser.take_rest();
    if (closed_ || !connected()) parser.end_of_stream();
    if (done()) return true;
    if (closed_ || !connected() || parser.complete() || parser.broken() || !wait(POLLIN, deadline)) return false;
    read_available();
  }
}

std::string Connection::read(Deadline deadline) {
  while (received_.empty() && connected() && !closed_ && wait(POLLIN, deadline)) read_available();
  return std::exchange(received_, {});
}

}  // namespace viaduct::conformance
