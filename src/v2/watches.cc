#include "v2/watches.h"

#include <utility>

#include "v2/loop_watches.h"

namespace viaduct::v2 {

WatchTable::WatchTable(v3bridge::Engine& engine, net::LoopGroup& loops, KeyStats& stats, const WatchLimits& limits)
    : stats_(stats), limits_(limits) {
  for (size_t i = 0; i < loops.size(); ++i) {
    loops_.emplace_back(&loops.loop(i),
                        std::make_unique<LoopWatches>(engine, loops.loop(i), stats, limits.unread_bytes));
  }
}

WatchTable::~WatchTable() = default;

void WatchTable::add(net::Loop& loop, net::ReplyHandle handle, v3bridge::V2Watch watch, Seq from, bool stream) {
  for (auto& [owner, watches] : loops_) {
    if (owner == &loop) return watches->add(handle, std::move(watch), from, stream);
  }
}

}  // namespace viaduct::v2
