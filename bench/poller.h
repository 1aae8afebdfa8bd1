// epoll over connections that are known by their number. Edge-triggered: a connection is reported when bytes arrive,
// and whoever is told takes them all.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <span>

namespace viaduct::bench {

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;

  void add(int socket, size_t number);

  // The numbers of connections with news, none when `milliseconds` pass; the view holds until the next call.
  std::span<const size_t> wait(int milliseconds);

 private:
  int epoll_;
  std::array<epoll_event, 1024> events_;
  std::array<size_t, 1024> numbers_;
};

}  // namespace viaduct::bench
