#include "bench/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "bench/failure.h"

namespace viaduct::bench {
namespace {

int connect_to(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) fail_with_errno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    fail_with_errno("connect to port " + std::to_string(port));
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

}  // namespace

Connection::Connection(int port) : socket_(connect_to(port)) {}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      parser_(std::move(other.parser_)),
      sent_at_(other.sent_at_),
      asked_(std::move(other.asked_)) {}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

// The send buffer is empty, for the last answer has come, and larger than any request here: the kernel takes it whole.
void Connection::send(std::string_view request, std::string* body) {
  asked_.assign(request.substr(0, request.find('\r')));
  parser_.expect(body);
  sent_at_ = Clock::now();
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    fail_with_errno(asked_ + ": send");
  }
}

bool Connection::receive() {
  thread_local std::array<char, 256 << 10> buffer;
  const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return false;
  if (got < 0) fail_with_errno(asked_ + ": receive");
  if (got == 0) throw Failure(asked_ + ": the server closed the connection");
  parser_.feed({buffer.data(), static_cast<size_t>(got)});
  return static_cast<size_t>(got) == buffer.size();
}

void Connection::wait_for_answer() {
  constexpr int kPatienceMs = 60'000;
  while (!answered()) {
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kPatienceMs) <= 0) throw Failure(asked_ + ": no answer within a minute");
    receive();
  }
}

void Connection::require_success() const {
  if (status() < 200 || status() > 299) throw Failure(asked_ + ": answered " + std::to_string(status()));
}

}  // namespace viaduct::bench
