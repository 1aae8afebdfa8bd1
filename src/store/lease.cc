#include "store/lease.h"

namespace viaduct::store {

int64_t remaining_seconds(const Lease& lease, uint64_t now_ms) {
  const int64_t remaining_ms = static_cast<int64_t>(lease.deadline_ms) - static_cast<int64_t>(now_ms);
  return remaining_ms > 0 ? (remaining_ms + 999) / 1000 : remaining_ms / 1000;
}

}  // namespace viaduct::store
