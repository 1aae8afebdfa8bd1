// Tells a loop that something happened to a key, so that it looks again. What it sees then is the state, not the event:
// nothing is queued, and nothing can be missed.
// Threads: of() from any; a loop uses its own part alone.
// Bounds:  one registration with the hub for each waiting call, no thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "net/loop_group.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

class LoopSignals;

class KeySignals {
 public:
  // Made before the loops start; borrows both. Outlives the last publish() of the engine's hub.
  KeySignals(v3bridge::Engine& engine, net::LoopGroup& loops);
  ~KeySignals();

  LoopSignals& of(net::Loop& loop);

 private:
  std::vector<std::pair<net::Loop*, std::unique_ptr<LoopSignals>>> loops_;
};

}  // namespace viaduct::v3
