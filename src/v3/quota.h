// The quota, as it is asked before a request that would add to the state (v3-api.md 2.5, 2.9).
// Threads: any. Ownership: borrows the engine.
#pragma once

#include <cstdint>
#include <memory>

#include "v3/call.h"
#include "v3bridge/engine.h"

namespace viaduct {
class Command;
}

namespace viaduct::v3 {

class Quota {
 public:
  Quota(v3bridge::Engine& engine, uint64_t bytes) : engine_(engine), bytes_(bytes) {}

  // True if there is room for the command. If not, raises NOSPACE unless it is raised, and then fails the call.
  bool admits(const Command& command, std::unique_ptr<Call>& call);

 private:
  v3bridge::Engine& engine_;
  const uint64_t bytes_;
};

}  // namespace viaduct::v3
