// How much of the log stays behind a mark, so that a member that was away a little needs no snapshot (RF-8): at least
// so many entries and so many bytes; more for a follower that is behind and in contact, up to a larger number of bytes;
// and all that a snapshot under way will need.
// Threads: the raft thread.
#pragma once

#include <cstdint>
#include <deque>

#include "base/ids.h"

namespace viaduct::server {

// What followers are known to have, so that they need the log behind it.
struct LogNeeds {
  static constexpr Index kNobody{UINT64_MAX};

  Index follower = kNobody;  // the lowest match of those in contact
  Index snapshot = kNobody;  // the lowest that a snapshot under way holds
};

class LogRetention {
 public:
  struct Limits {
    uint64_t entries = 5000;
    uint64_t bytes = uint64_t{64} << 20;
    uint64_t bytes_for_follower = uint64_t{1} << 30;
    uint64_t step_bytes = uint64_t{1} << 20;  // how finely positions are remembered
  };

  LogRetention() = default;
  explicit LogRetention(const Limits& limits) : limits_(limits) {}

  void appended(Index last, uint64_t bytes);

  // Everything up to this index may be cut once the state is durable up to `mark`; 0: nothing. What was cut once is not
  // asked for again.
  Index cut_point(Index mark, const LogNeeds& needs = {});

 private:
  struct Position {
    Index index;
    uint64_t bytes;  // appended up to and with it, since this process started
  };
  using Positions = std::deque<Position>;

  Index with_behind(Positions::const_iterator at_mark, uint64_t bytes) const;

  Limits limits_;
  Positions positions_;
  uint64_t bytes_ = 0;
};

}  // namespace viaduct::server
