// The streams of one loop that have watches behind, each in its turn: one response of one watch at a time per stream,
// and a few at once for the loop, so that what readers hold in memory has a bound.
// Threads: the loop's; a reading itself runs on readers. Ownership: borrows all; outlives what is posted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>

#include "net/loop.h"
#include "v3/watch.h"
#include "v3/watch_reading.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

class WatchReadings {
 public:
  WatchReadings(v3bridge::Engine& engine, net::Loop& loop) : engine_(engine), loop_(loop) {}

  // The stream has a watch to read for, and takes history.
  void enqueue(WatchStream& stream);
  void forget(const WatchStream& stream);
  void forget(const Watch& watch);  // one that is being read for

 private:
  void start_some();
  void begin(Watch& watch);
  void finish(WatchReading& reading);

  v3bridge::Engine& engine_;
  net::Loop& loop_;
  std::deque<WatchStream*> queue_;
  std::unordered_map<uint64_t, Watch*> reading_;  // by token; a watch that is gone is not in it
  size_t under_way_ = 0;                          // with those of watches that are gone
};

}  // namespace viaduct::v3
