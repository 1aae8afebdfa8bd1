// Descriptors that exist in the simulation only: TCP connections over one loopback that all machines share, epoll and
// eventfd. socket_calls.cc puts the C library's functions on top.
//   Bytes arrive in order, each after the latency that `latency` says for the two machines; at most window_bytes of
//   them wait to be read. A process that ends closes its connections; the other side is told after the same latency.
// Threads: one.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "test/sim/scheduler.h"

namespace viaduct::sim {

class Epoll;

// What a descriptor stands for.
class Open : public std::enable_shared_from_this<Open> {
 public:
  explicit Open(Machine& owner) : machine(owner) {}
  virtual ~Open() = default;
  virtual uint32_t readiness() const = 0;  // EPOLLIN and so on
  virtual void close() {}

  void notify();  // something may have become ready
  void watched_by(Epoll& epoll, int descriptor) { watchers_[&epoll] = descriptor; }
  void forgotten_by(Epoll& epoll) { watchers_.erase(&epoll); }

  Machine& machine;
  bool blocks = true;

 private:
  std::map<Epoll*, int> watchers_;  // rarely more than one
};

class Counter final : public Open {
 public:
  using Open::Open;
  uint32_t readiness() const override { return EPOLLOUT | (value > 0 ? EPOLLIN : 0u); }
  uint64_t value = 0;
};

class Endpoint final : public Open {
 public:
  Endpoint(Machine& owner, uint16_t own_port, uint16_t peer_port)
      : Open(owner), port(own_port), other_port(peer_port) {}
  uint32_t readiness() const override;
  void close() override;

  // Both -1 and an error for ::errno as the kernel has it, EAGAIN when it would have to wait.
  long send(const char* bytes, size_t size);
  long receive(char* into, size_t size, bool peek);
  void end_output();
  void reset();

  const uint16_t port, other_port;
  std::shared_ptr<Endpoint> peer;  // until either closes; they hold each other

 private:
  friend class Sockets;
  size_t room() const;
  void arrive(const std::function<void(Endpoint&)>& what);

  std::string received_;
  size_t read_ = 0;       // of received_
  size_t in_flight_ = 0;  // to the peer
  Nanoseconds last_arrival_ = 0;
  bool ended_ = false;  // no more will come
  bool end_sent_ = false;
  bool broken_ = false;
};

class Listening final : public Open {
 public:
  using Open::Open;
  uint32_t readiness() const override { return waiting.empty() ? 0u : uint32_t{EPOLLIN}; }
  void close() override;
  uint16_t port = 0;
  std::deque<std::shared_ptr<Endpoint>> waiting;
};

class Epoll final : public Open {
 public:
  using Open::Open;
  uint32_t readiness() const override { return 0; }
  void close() override;
  void add(int descriptor, std::shared_ptr<Open> open, epoll_event event);  // or changes
  void remove(int descriptor);
  void ready(int descriptor);
  int collect(epoll_event* events, int most);

 private:
  struct Watch {
    std::shared_ptr<Open> open;
    epoll_event event;
    bool is_ready = false;
  };
  std::map<int, Watch> watches_;
  std::deque<int> ready_;
};

class Sockets {
 public:
  explicit Sockets(Scheduler& scheduler) : scheduler_(scheduler) { current_ = this; }
  ~Sockets() { current_ = nullptr; }
  static Sockets* current() { return current_; }

  int add(std::shared_ptr<Open> open);
  std::shared_ptr<Open> find(int descriptor) const;
  template <typename Kind>
  std::shared_ptr<Kind> find_as(int descriptor) const {
    return std::dynamic_pointer_cast<Kind>(find(descriptor));
  }
  bool replace(int descriptor, std::shared_ptr<Open> open);  // socket() does not say yet what it will be
  bool close(int descriptor);
  void close_all_of(const Machine& machine);       // its process is gone
  size_t abandoned(const Machine& machine) const;  // connections whose other side is closed

  bool listen(Listening& listening, uint16_t port);
  void unlisten(const Listening& listening);
  uint16_t free_port() { return next_port_++; }
  // Null: refused.
  std::shared_ptr<Endpoint> connect(Machine& from, uint16_t port);

  Scheduler& scheduler() { return scheduler_; }
  std::function<Nanoseconds(const Machine& from, const Machine& to)> latency;
  size_t window_bytes = 256 << 10;

 private:
  static constexpr int kFirst = 1 << 16;
  static Sockets* current_;

  Scheduler& scheduler_;
  std::map<int, std::shared_ptr<Open>> open_;
  std::map<uint16_t, Listening*> listening_;
  int next_ = kFirst;
  uint16_t next_port_ = 40000;
};

}  // namespace viaduct::sim
