#include "net/transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace viaduct::net {
namespace {

IoResult failure() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {later ? IoStatus::kWouldBlock : IoStatus::kFailed};
}

}  // namespace

IoResult PlainTransport::read(std::span<char> into) {
  const ssize_t got = recv(descriptor_, into.data(), into.size(), 0);
  if (got < 0) return failure();
  if (got == 0) return {IoStatus::kEnd};
  return {IoStatus::kOk, static_cast<size_t>(got)};
}

IoResult PlainTransport::write(std::span<const iovec> from) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());
  message.msg_iovlen = from.size();
  const ssize_t sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  if (sent < 0) return failure();
  return {IoStatus::kOk, static_cast<size_t>(sent)};
}

void PlainTransport::end_output() { shutdown(descriptor_, SHUT_WR); }

}  // namespace viaduct::net
