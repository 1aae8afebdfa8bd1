// One direction of a proxied connection: bytes are read from one socket, held as long as the link wants, and written to
// the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include "test/cluster/network.h"

namespace viaduct::cluster_test {

// Ownership: borrows both sockets. Threads: one.
class Pipe {
 public:
  using Clock = std::chrono::steady_clock;

  Pipe(Node from, Node to, int source, int sink) : from_(from), to_(to), source_(source), sink_(sink) {}

  Node from() const { return from_; }
  Node to() const { return to_; }

  // Moves what can be moved now. False: the connection is broken.
  bool move(const Link& link, std::mt19937_64& random, uint64_t& carried);

  bool wants_to_read(const Link& link) const;
  bool wants_to_write(const Link& link) const;  // something is due that the sink did not take
  // When the next bytes are due; the far future when none are held.
  Clock::time_point due(const Link& link) const;
  bool ended() const { return ended_ && held_.empty(); }

 private:
  static constexpr size_t kMostHeld = 1 << 20;  // then it stops reading, as a full socket buffer would

  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };

  bool read(const Link& link, std::mt19937_64& random);
  bool write(uint64_t& carried);

  Node from_, to_;
  int source_, sink_;
  std::deque<Chunk> held_;
  size_t held_bytes_ = 0;
  bool ended_ = false;  // the source has said all
  bool told_ = false;   // and the sink knows
};

}  // namespace viaduct::cluster_test
