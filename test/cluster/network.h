// The wires between the members of a cluster: a TCP proxy in front of each member's peer port, whose URL the member
// advertises. It finds out which member dialled by the socket's owner in /proc, so that it can treat each direction of
// each pair on its own, whatever is spoken on the connection. Needs no privilege.
// Threads: any; one thread of its own moves the bytes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace viaduct::cluster_test {

using Node = size_t;  // a member's number

// What happens to bytes on the way from one member to another.
struct Link {
  enum class Mode {
    kOpen,
    kHole,  // they stay on the way, as when packets are lost: later ones wait behind them until it opens again
    kCut,   // connections of the two are reset, and every new one as well
  };
  Mode mode = Mode::kOpen;
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds jitter{0};  // up to so much more, without reordering

  bool operator==(const Link&) const = default;
};

class Network {
 public:
  Network();
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // The port that others dial to reach the one that listens on `target_port`. It refuses until the member is up.
  int add(Node node, int target_port);
  void up(Node node, pid_t process);  // the member runs as this process
  void down(Node node);               // it has ended: its port refuses, its connections are reset
  void set(Node from, Node to, const Link& link);
  void heal();  // every link is open and fast
  // Bytes that came through all links so far, for one who wants to see that they are used.
  uint64_t bytes_carried() const;

 private:
  class Proxy;
  std::unique_ptr<Proxy> proxy_;
};

}  // namespace viaduct::cluster_test
