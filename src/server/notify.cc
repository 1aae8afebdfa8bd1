#include "server/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace viaduct::server {

Result<void> notify_supervisor(const std::string& socket_name, std::string_view state) {
  if (socket_name.empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool abstract = socket_name[0] == '@';
  if ((!abstract && socket_name[0] != '/') || socket_name.size() >= sizeof address.sun_path) {
    return Error{Code::kInvalidArgument, "NOTIFY_SOCKET=" + socket_name + " is no socket name"};
  }
  std::memcpy(address.sun_path, socket_name.data(), socket_name.size());
  if (abstract) address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_name.size());

  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error{Code::kIo, std::string("socket: ") + std::strerror(errno)};
  const ssize_t sent =
      sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  const int problem = errno;
  close(fd);
  if (sent == static_cast<ssize_t>(state.size())) return {};
  return Error{Code::kIo, "NOTIFY_SOCKET=" + socket_name + ": " + std::strerror(problem)};
}

}  // namespace viaduct::server
