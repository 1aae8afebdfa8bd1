// How much of the log stays behind a mark, so that a member that was away a little needs no snapshot (RF-8): at least
// so many entries and so many bytes.
// Threads: the raft thread.
#pragma once

#include <cstdint>
#include <deque>

#include "base/ids.h"

namespace viaduct::server {

class LogRetention {
 public:
  static constexpr uint64_t kKeepEntries = 5000;
  static constexpr uint64_t kKeepBytes = uint64_t{64} << 20;

  void appended(Index last, uint64_t bytes);

  // Everything up to this index may be cut once the state is durable up to `mark`; 0: nothing.
  Index cut_point(Index mark);

 private:
  static constexpr uint64_t kStepBytes = uint64_t{1} << 20;  // how finely positions are remembered

  struct Position {
    Index index;
    uint64_t bytes;  // appended up to and with it, since this process started
  };
  std::deque<Position> positions_;
  uint64_t bytes_ = 0;
};

}  // namespace viaduct::server
