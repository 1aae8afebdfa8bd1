#include "test/cluster/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "test/cluster/pipe.h"
#include "test/cluster/socket_owner.h"
#include "test/support/free_port.h"

namespace viaduct::cluster_test {
namespace {

using Clock = Pipe::Clock;
using Mode = Link::Mode;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void set_option(int socket, int level, int name, int value) { ::setsockopt(socket, level, name, &value, sizeof value); }

// Another run's child may hold a copy of the port's former listener between its fork and its exec.
int listen_on(int port) {
  constexpr int kTries = 100;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  const sockaddr_in address = loopback(port);
  for (int i = 0; i < kTries; ++i) {
    const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (bound && ::listen(socket, 64) == 0) return socket;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::close(socket);
  throw std::runtime_error("cannot listen on port " + std::to_string(port));
}

// On the loopback this is done at once: the kernel of the target answers for it. -1 when it is refused.
int dial(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

void close_with_reset(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(socket);
}

// A connection between two members, as two sockets of ours.
class Carried {
 public:
  Carried(Node dialler, Node target, int near, int far)
      : near_(near), far_(far), there_(dialler, target, near, far), back_(target, dialler, far, near) {
    for (const int socket : {near, far}) set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  }
  ~Carried() {
    const bool in_order = there_.ended() && back_.ended();
    for (const int socket : {near_, far_}) in_order ? static_cast<void>(::close(socket)) : close_with_reset(socket);
  }
  Carried(const Carried&) = delete;
  Carried& operator=(const Carried&) = delete;

  bool touches(Node node) const { return there_.from() == node || there_.to() == node; }
  int near() const { return near_; }
  int far() const { return far_; }
  Pipe& there() { return there_; }
  Pipe& back() { return back_; }

 private:
  int near_, far_;
  Pipe there_, back_;
};

struct Gate {  // where a member is dialled
  int port = 0, target_port = 0;
  int listener = -1;  // -1 while the member is down
  pid_t process = -1;
};

}  // namespace

class Network::Proxy {
 public:
  Proxy() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { run(); }) {}

  ~Proxy() {
    done_ = true;
    wake();
    thread_.join();
    for (const auto& [node, gate] : gates_) {
      if (gate.listener >= 0) ::close(gate.listener);
    }
    ::close(wake_);
  }

  int add(Node node, int target_port) {
    const std::lock_guard lock(mutex_);
    gates_[node] = Gate{free_port(), target_port, -1, -1};
    return gates_[node].port;
  }

  void up(Node node, pid_t process) {
    change([&] {
      Gate& gate = gates_.at(node);
      gate.process = process;
      if (gate.listener < 0) gate.listener = listen_on(gate.port);
    });
  }

  void down(Node node) {
    change([&] {
      Gate& gate = gates_.at(node);
      if (gate.listener >= 0) ::close(gate.listener);
      gate.listener = -1;
      gate.process = -1;
      std::erase_if(carried_, [&](const auto& one) { return one->touches(node); });
    });
  }

  void set(Node from, Node to, const Link& link) {
    change([&] { links_[{from, to}] = link; });
  }

  void heal() {
    change([&] { links_.clear(); });
  }

  uint64_t bytes_carried() const { return bytes_carried_; }

 private:
  template <typename Change>
  void change(Change made) {
    {
      const std::lock_guard lock(mutex_);
      made();
    }
    wake();
  }

  void wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  }

  const Link& link(const Pipe& pipe) { return links_[{pipe.from(), pipe.to()}]; }
  bool is_cut(Node a, Node b) { return links_[{a, b}].mode == Mode::kCut || links_[{b, a}].mode == Mode::kCut; }

  void run() {
    while (!done_) {
      std::vector<pollfd> polled;
      int patience_ms = 0;
      {
        const std::lock_guard lock(mutex_);
        polled = what_to_poll();
        patience_ms = time_to_next_due();
      }
      ::poll(polled.data(), polled.size(), patience_ms);
      uint64_t news = 0;
      [[maybe_unused]] const ssize_t taken = ::read(wake_, &news, sizeof news);
      const std::lock_guard lock(mutex_);
      accept_all();
      move_all();
    }
    const std::lock_guard lock(mutex_);
    carried_.clear();
  }

  std::vector<pollfd> what_to_poll() {
    std::vector<pollfd> polled{{wake_, POLLIN, 0}};
    for (const auto& [node, gate] : gates_) {
      if (gate.listener >= 0) polled.push_back({gate.listener, POLLIN, 0});
    }
    const auto add = [&](int socket, const Pipe& reads, const Pipe& writes) {
      const int events =
          (reads.wants_to_read(link(reads)) ? POLLIN : 0) | (writes.wants_to_write(link(writes)) ? POLLOUT : 0);
      if (events != 0) polled.push_back({socket, static_cast<short>(events), 0});
    };
    for (const auto& one : carried_) {
      add(one->near(), one->there(), one->back());
      add(one->far(), one->back(), one->there());
    }
    return polled;
  }

  int time_to_next_due() {
    constexpr auto kMost = std::chrono::milliseconds(1000);
    const auto now = Clock::now();
    auto wait = kMost;
    for (const auto& one : carried_) {
      for (const Pipe* pipe : {&one->there(), &one->back()}) {
        const auto due = pipe->due(link(*pipe));
        if (due <= now || due == Clock::time_point::max()) continue;  // what is due waits for its socket
        wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(due - now));
      }
    }
    return static_cast<int>(wait.count());
  }

  void accept_all() {
    for (const auto& [node, gate] : gates_) {
      if (gate.listener < 0) continue;
      sockaddr_in from{};
      socklen_t size = sizeof from;
      for (int near; (near = ::accept4(gate.listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC)) >= 0;) {
        carry(node, gate, near, ntohs(from.sin_port));
      }
    }
  }

  void carry(Node target, const Gate& gate, int near, int dialler_port) {
    const std::optional<Node> dialler = dialler_of(dialler_port, gate.port);
    const int far = !dialler || is_cut(*dialler, target) ? -1 : dial(gate.target_port);
    if (far < 0) return close_with_reset(near);
    carried_.push_back(std::make_unique<Carried>(*dialler, target, near, far));
  }

  std::optional<Node> dialler_of(int dialler_port, int gate_port) {
    std::vector<pid_t> processes;
    for (const auto& [node, gate] : gates_) {
      if (gate.process > 0) processes.push_back(gate.process);
    }
    const std::optional<pid_t> owner = owner_of_socket(dialler_port, gate_port, processes);
    if (!owner) return std::nullopt;
    for (const auto& [node, gate] : gates_) {
      if (gate.process == *owner) return node;
    }
    return std::nullopt;
  }

  void move_all() {
    uint64_t moved = 0;
    std::erase_if(carried_, [&](const auto& one) {
      if (is_cut(one->there().from(), one->there().to())) return true;
      const bool whole =
          one->there().move(link(one->there()), random_, moved) && one->back().move(link(one->back()), random_, moved);
      return !whole || (one->there().ended() && one->back().ended());
    });
    bytes_carried_ += moved;
  }

  std::mutex mutex_;  // guards all that follows up to the random numbers
  std::map<Node, Gate> gates_;
  std::map<std::pair<Node, Node>, Link> links_;
  std::list<std::unique_ptr<Carried>> carried_;
  std::mt19937_64 random_{1};
  std::atomic<uint64_t> bytes_carried_{0};
  std::atomic<bool> done_{false};
  int wake_;
  std::thread thread_;
};

Network::Network() : proxy_(std::make_unique<Proxy>()) {}
Network::~Network() = default;
int Network::add(Node node, int target_port) { return proxy_->add(node, target_port); }
void Network::up(Node node, pid_t process) { proxy_->up(node, process); }
void Network::down(Node node) { proxy_->down(node); }
void Network::set(Node from, Node to, const Link& link) { proxy_->set(from, to, link); }
void Network::heal() { proxy_->heal(); }
uint64_t Network::bytes_carried() const { return proxy_->bytes_carried(); }

}  // namespace viaduct::cluster_test
