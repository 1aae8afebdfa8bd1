// The v2 long-polls and streams that are parked on this server (v2-api.md 2.5, INV-W12).
//
// A watch registers with the hub from the seq after the newest event it was shown. What the hub has offered already is
// read from the log on a reader thread, then it tries again; a stream whose client does not keep up leaves the hub and
// reads from the log once its backlog has drained. So nothing is lost, doubled or buffered without bound.
//
// Threads: add() on the loop that owns the handle; each loop keeps its own watches and touches no other's.
// Bounds:  a parked watch costs its name and about 300 bytes, no thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "net/handler.h"
#include "net/loop_group.h"
#include "v2/stats.h"
#include "v3bridge/engine.h"
#include "v3bridge/watch.h"

namespace viaduct::v2 {

class LoopWatches;

struct WatchLimits {
  size_t watches = 1'000'000;      // parked at once, all loops together
  size_t unread_bytes = 64 << 10;  // unsent on a stream before it leaves the hub (reliability.md 7)
};

class WatchTable {
 public:
  // Borrows all but the limits; they outlive it.
  WatchTable(v3bridge::Engine& engine, net::LoopGroup& loops, KeyStats& stats, const WatchLimits& limits);
  ~WatchTable();

  bool has_room() const { return stats_.watchers() < limits_.watches; }

  // The stream's head was sent. Shows the first matching event with seq >= `from`, and all later ones if `stream`.
  void add(net::Loop& loop, net::ReplyHandle handle, v3bridge::V2Watch watch, Seq from, bool stream);

 private:
  KeyStats& stats_;
  const WatchLimits limits_;
  std::vector<std::pair<net::Loop*, std::unique_ptr<LoopWatches>>> loops_;
};

}  // namespace viaduct::v2
