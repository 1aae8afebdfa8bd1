// The bridge: every command as one deterministic transaction on the store, v2 rules and v3 rules over the same records
// (spec: bridge.md; rule ids are named beside the code that keeps them).
// Pure function of (store state, command, stamp): reads no clock, no flag, no thread (INV-A1).
// Threads: apply thread, inside Store::begin_group() .. commit_group().
#pragma once

#include "base/stamp.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class Command;  // proto/viaduct/command.proto
}

namespace viaduct::store {
class Store;
}

namespace viaduct::v3bridge {

class Bridge {
 public:
  explicit Bridge(store::Store& store) : store_(store) {}

  Outcome apply(const Command& command, const Stamp& stamp);

 private:
  store::Store& store_;
};

}  // namespace viaduct::v3bridge
