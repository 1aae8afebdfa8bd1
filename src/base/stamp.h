// The time that comes with every entry (D3): set by the leader at append, never falling along the log.
#pragma once

#include <cstdint>

namespace viaduct {

struct Stamp {
  uint64_t cluster_ms = 0;  // cluster time: runs only while there is a leader; lease deadlines are in it
  int64_t wall_ns = 0;      // the leader's wall clock, Unix nanoseconds; only shown to users, never compared

  bool operator==(const Stamp&) const = default;
};

}  // namespace viaduct
