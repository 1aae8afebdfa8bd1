// The C library's functions on descriptors, for those of the simulation; all others go on to the kernel.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "test/sim/kernel.h"
#include "test/sim/sockets.h"

namespace viaduct::sim {
namespace {

// A socket that neither listens nor is connected yet.
class Unused final : public Open {
 public:
  using Open::Open;
  uint32_t readiness() const override { return EPOLLHUP; }
  uint16_t port = 0;  // once bound
};

Scheduler& scheduler() { return *Scheduler::current(); }
bool simulated() { return Scheduler::current() && Scheduler::current()->self() && Sockets::current(); }

int fail(int error) {
  errno = error;
  return -1;
}

template <typename... Arguments>
long pass_on(long number, Arguments... arguments) {
  return kernel(number, (long)arguments...);
}

uint16_t port_of(const sockaddr* address) {
  if (address->sa_family != AF_INET) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
}

int tell_address(uint16_t port, sockaddr* into, socklen_t* size) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memcpy(into, &address, std::min<size_t>(*size, sizeof address));
  *size = sizeof address;
  return 0;
}

Nanoseconds deadline(int timeout_ms) { return timeout_ms < 0 ? kNever : scheduler().now() + timeout_ms * kMillisecond; }

// Repeats `action` until it need not wait, if the descriptor is one that waits.
template <typename Action>
ssize_t when_ready(Open& open, int flags, Action action) {
  for (;;) {
    const ssize_t done = action();
    if (done >= 0 || errno != EAGAIN || !open.blocks || (flags & MSG_DONTWAIT)) return done;
    scheduler().wait(&open);
  }
}

ssize_t receive(Open& open, char* into, size_t size, int flags) {
  if (auto* const counter = dynamic_cast<Counter*>(&open)) {
    if (counter->value == 0) return fail(EAGAIN);
    std::memcpy(into, &counter->value, sizeof counter->value);
    counter->value = 0;
    return sizeof counter->value;
  }
  auto* const endpoint = dynamic_cast<Endpoint*>(&open);
  if (!endpoint) return fail(ENOTCONN);
  return when_ready(open, flags, [&] { return endpoint->receive(into, size, flags & MSG_PEEK); });
}

ssize_t send(Open& open, const char* bytes, size_t size, int flags) {
  if (auto* const counter = dynamic_cast<Counter*>(&open)) {
    uint64_t more;
    std::memcpy(&more, bytes, sizeof more);
    counter->value += more;
    counter->notify();
    return sizeof more;
  }
  auto* const endpoint = dynamic_cast<Endpoint*>(&open);
  if (!endpoint) return fail(ENOTCONN);
  return when_ready(open, flags, [&] { return endpoint->send(bytes, size); });
}

// One piece after another, as far as it goes without waiting for the second.
template <typename One>
ssize_t each(const iovec* pieces, size_t count, One one) {
  ssize_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (pieces[i].iov_len == 0) continue;
    const ssize_t done = one(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len, total > 0 ? MSG_DONTWAIT : 0);
    if (done < 0) return total > 0 ? total : -1;
    total += done;
    if (static_cast<size_t>(done) < pieces[i].iov_len) break;
  }
  return total;
}

std::shared_ptr<Open> find(int descriptor) { return simulated() ? Sockets::current()->find(descriptor) : nullptr; }

int look(pollfd* descriptors, nfds_t count) {
  int ready = 0;
  for (nfds_t i = 0; i < count; ++i) {
    const std::shared_ptr<Open> open = find(descriptors[i].fd);
    const uint32_t wanted = static_cast<uint32_t>(descriptors[i].events) | EPOLLERR | EPOLLHUP;
    descriptors[i].revents = open ? static_cast<short>(open->readiness() & wanted) : static_cast<short>(POLLNVAL);
    if (descriptors[i].revents) ++ready;
  }
  return ready;
}

}  // namespace
}  // namespace viaduct::sim

using namespace viaduct::sim;

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_socket, domain, type, protocol));
  if (domain != AF_INET) return fail(EAFNOSUPPORT);
  auto open = std::make_shared<Unused>(scheduler().machine());
  open->blocks = !(type & SOCK_NONBLOCK);
  return Sockets::current()->add(std::move(open));
}

int bind(int descriptor, const sockaddr* address, socklen_t size) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_bind, descriptor, address, size));
  const auto open = Sockets::current()->find_as<Unused>(descriptor);
  if (!open) return fail(EINVAL);
  open->port = port_of(address);
  return 0;
}

int listen(int descriptor, int backlog) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_listen, descriptor, backlog));
  Sockets& sockets = *Sockets::current();
  const auto bound = sockets.find_as<Unused>(descriptor);
  if (!bound) return fail(EINVAL);
  auto listening = std::make_shared<Listening>(bound->machine);
  if (!sockets.listen(*listening, bound->port ? bound->port : sockets.free_port())) return fail(EADDRINUSE);
  sockets.replace(descriptor, std::move(listening));
  return 0;
}

int accept4(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  if (!simulated()) return static_cast<int>(pass_on(SYS_accept4, descriptor, address, size, flags));
  const auto listening = Sockets::current()->find_as<Listening>(descriptor);
  if (!listening) return fail(EINVAL);
  if (listening->waiting.empty()) return fail(EAGAIN);
  const std::shared_ptr<Endpoint> accepted = std::move(listening->waiting.front());
  listening->waiting.pop_front();
  accepted->blocks = !(flags & SOCK_NONBLOCK);
  if (address) tell_address(accepted->other_port, address, size);
  return Sockets::current()->add(accepted);
}

int connect(int descriptor, const sockaddr* address, socklen_t size) {
  if (!simulated()) return static_cast<int>(pass_on(SYS_connect, descriptor, address, size));
  auto connected = Sockets::current()->connect(scheduler().machine(), port_of(address));
  if (!connected) return fail(ECONNREFUSED);
  Sockets::current()->replace(descriptor, std::move(connected));
  return 0;
}

int getsockname(int descriptor, sockaddr* address, socklen_t* size) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_getsockname, descriptor, address, size));
  const auto listening = Sockets::current()->find_as<Listening>(descriptor);
  const auto endpoint = Sockets::current()->find_as<Endpoint>(descriptor);
  return tell_address(listening ? listening->port : endpoint ? endpoint->port : 0, address, size);
}

int getpeername(int descriptor, sockaddr* address, socklen_t* size) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_getpeername, descriptor, address, size));
  const auto endpoint = Sockets::current()->find_as<Endpoint>(descriptor);
  return endpoint ? tell_address(endpoint->other_port, address, size) : fail(ENOTCONN);
}

int setsockopt(int descriptor, int level, int option, const void* value, socklen_t size) noexcept {
  return simulated() ? 0 : static_cast<int>(pass_on(SYS_setsockopt, descriptor, level, option, value, size));
}

int getsockopt(int descriptor, int level, int option, void* value, socklen_t* size) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_getsockopt, descriptor, level, option, value, size));
  std::memset(value, 0, *size);
  return 0;
}

int fcntl(int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  const std::shared_ptr<Open> open = find(descriptor);
  if (!open) return static_cast<int>(pass_on(SYS_fcntl, descriptor, command, argument));
  if (command == F_SETFL) open->blocks = !(argument & O_NONBLOCK);
  return command == F_GETFL && !open->blocks ? O_NONBLOCK : 0;
}

int ioctl(int descriptor, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  const std::shared_ptr<Open> open = find(descriptor);
  if (!open) return static_cast<int>(pass_on(SYS_ioctl, descriptor, request, argument));
  if (request == FIONBIO) open->blocks = *static_cast<int*>(argument) == 0;
  return 0;
}

int shutdown(int descriptor, int how) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_shutdown, descriptor, how));
  const auto endpoint = Sockets::current()->find_as<Endpoint>(descriptor);
  if (!endpoint) return fail(ENOTCONN);
  if (how != SHUT_RD) endpoint->end_output();
  return 0;
}

int close(int descriptor) {
  if (simulated() && Sockets::current()->close(descriptor)) return 0;
  return static_cast<int>(pass_on(SYS_close, descriptor));
}

ssize_t recv(int descriptor, void* into, size_t size, int flags) {
  const std::shared_ptr<Open> open = find(descriptor);
  if (!open) return pass_on(SYS_recvfrom, descriptor, into, size, flags, nullptr, nullptr);
  return receive(*open, static_cast<char*>(into), size, flags);
}

ssize_t send(int descriptor, const void* bytes, size_t size, int flags) {
  const std::shared_ptr<Open> open = find(descriptor);
  if (!open) return pass_on(SYS_sendto, descriptor, bytes, size, flags, nullptr, 0);
  return viaduct::sim::send(*open, static_cast<const char*>(bytes), size, flags);
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  const std::shared_ptr<Open> open = find(descriptor);
  if (!open) return pass_on(SYS_sendmsg, descriptor, message, flags);
  return each(message->msg_iov, message->msg_iovlen,
              [&](char* bytes, size_t size, int more) { return viaduct::sim::send(*open, bytes, size, flags | more); });
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  const std::shared_ptr<Open> open = find(descriptor);
  if (!open) return pass_on(SYS_recvmsg, descriptor, message, flags);
  return each(message->msg_iov, message->msg_iovlen,
              [&](char* into, size_t size, int more) { return receive(*open, into, size, flags | more); });
}

ssize_t read(int descriptor, void* into, size_t size) {
  const std::shared_ptr<Open> open = find(descriptor);
  return open ? receive(*open, static_cast<char*>(into), size, 0) : pass_on(SYS_read, descriptor, into, size);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  const std::shared_ptr<Open> open = find(descriptor);
  return open ? viaduct::sim::send(*open, static_cast<const char*>(bytes), size, 0)
              : pass_on(SYS_write, descriptor, bytes, size);
}

int poll(pollfd* descriptors, nfds_t count, int timeout_ms) {
  if (!simulated()) return static_cast<int>(pass_on(SYS_poll, descriptors, count, timeout_ms));
  const Nanoseconds until = deadline(timeout_ms);
  for (;;) {
    const int ready = look(descriptors, count);
    if (ready > 0 || scheduler().now() >= until) return ready;
    const std::shared_ptr<Open> only = count == 1 ? find(descriptors[0].fd) : nullptr;
    scheduler().wait(only ? static_cast<const void*>(only.get()) : &scheduler().machine(), until);
  }
}

int epoll_create1(int flags) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_epoll_create1, flags));
  return Sockets::current()->add(std::make_shared<Epoll>(scheduler().machine()));
}

int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept {
  const auto own = simulated() ? Sockets::current()->find_as<Epoll>(epoll) : nullptr;
  if (!own) return static_cast<int>(pass_on(SYS_epoll_ctl, epoll, operation, descriptor, event));
  const std::shared_ptr<Open> open = find(descriptor);
  if (!open) return fail(EBADF);
  if (operation == EPOLL_CTL_DEL) {
    own->remove(descriptor);
  } else {
    own->add(descriptor, open, *event);
  }
  return 0;
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  const auto own = simulated() ? Sockets::current()->find_as<Epoll>(epoll) : nullptr;
  if (!own) return static_cast<int>(pass_on(SYS_epoll_wait, epoll, events, most, timeout_ms));
  const Nanoseconds until = deadline(timeout_ms);
  for (;;) {
    const int count = own->collect(events, most);
    if (count > 0 || scheduler().now() >= until) return count;
    scheduler().wait(own.get(), until);
  }
}

int eventfd(unsigned value, int flags) noexcept {
  if (!simulated()) return static_cast<int>(pass_on(SYS_eventfd2, value, flags));
  auto counter = std::make_shared<Counter>(scheduler().machine());
  counter->value = value;
  return Sockets::current()->add(std::move(counter));
}

// Asio does without.
int timerfd_create(clockid_t, int) noexcept { return fail(ENOSYS); }
}
