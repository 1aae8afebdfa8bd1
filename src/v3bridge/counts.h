// What applying has done since this process started, for statistics and metrics. Counted where it is applied, so that
// each member counts every change, whoever asked for it.
// Threads: written by the apply thread, read by any; relaxed.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "v3bridge/outcome.h"

namespace viaduct {
class Command;
}

namespace viaduct::v3bridge {

struct ApplyCounts {
  using Number = std::atomic<uint64_t>;
  static constexpr size_t kV2Operations = 7;  // V2Write::Operation

  std::array<Number, kV2Operations> v2_success{}, v2_failure{};
  Number expired{0};   // v2 events of expiry
  Number keys_put{0};  // v3's view: put and delete records of keys
  Number keys_deleted{0};
  Number put_bytes{0};     // keys and values of those
  Number transactions{0};  // txns of v3 that changed something
  Number leases_granted{0}, leases_revoked{0}, leases_renewed{0};

  void count(const Command& command, const Outcome& outcome);
  void count(const store::Event& event);
};

}  // namespace viaduct::v3bridge
