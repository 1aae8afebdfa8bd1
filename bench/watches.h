// Many long-polls (`?wait=true`) on one key, one connection each, and the time that one write takes to reach them all.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/connection.h"
#include "bench/poller.h"

namespace viaduct::bench {

class ParkedWatches {
 public:
  ParkedWatches(int port, std::string key);

  // Connects until there are `count`, and returns when all are parked: the server has sent the head of each answer.
  void grow_to(size_t count);

  // Puts the key; from sending that to the last watcher's complete answer. Every long-poll is answered and gone then.
  std::chrono::nanoseconds fan_out();

  void park_again();  // all of them, on the same connections

 private:
  void park(size_t first, size_t last);
  template <typename Done>
  void receive_until(size_t count, Done done);

  int port_;
  std::string key_;
  Connection writer_;
  std::vector<Connection> watchers_;
  Poller poller_;
};

}  // namespace viaduct::bench
