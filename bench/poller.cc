#include "bench/poller.h"

#include <unistd.h>

#include <cerrno>

#include "bench/failure.h"

namespace viaduct::bench {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) fail_with_errno("epoll_create1");
}

Poller::~Poller() { ::close(epoll_); }

void Poller::add(int socket, size_t number) {
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = number}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) fail_with_errno("epoll_ctl");
}

std::span<const size_t> Poller::wait(int milliseconds) {
  const int ready = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), milliseconds);
  if (ready < 0 && errno != EINTR) fail_with_errno("epoll_wait");
  for (int i = 0; i < ready; ++i) numbers_[static_cast<size_t>(i)] = events_[static_cast<size_t>(i)].data.u64;
  return std::span(numbers_).first(ready < 0 ? 0 : static_cast<size_t>(ready));
}

}  // namespace viaduct::bench
