// A stream's progress: what its client asked for, and the notices that come by themselves. A notice names a revision up
// to which all was said (INV-W7); requests wait until all watches of the stream are in step, periodic notices leave out
// those that are not, and those that were told of an event since the last time.
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <optional>

#include "net/loop.h"
#include "v3/watch.h"
#include "v3/watch_positions.h"

namespace viaduct::v3 {

class WatchLoop;

class WatchProgress {
 public:
  WatchProgress(WatchLoop& loop, WatchStream& stream) : loop_(loop), stream_(stream) {}
  ~WatchProgress();
  WatchProgress(const WatchProgress&) = delete;
  WatchProgress& operator=(const WatchProgress&) = delete;

  void request();         // the client asks
  void in_step();         // all watches of the stream are now
  void expect_notices();  // some watch wants notices: the ticks begin
  void at_position(WatchPosition position);
  void after_event();

 private:
  void ask();
  void answer();
  void start_timer();
  void tick();

  WatchLoop& loop_;
  WatchStream& stream_;
  uint32_t requests_ = 0;                  // to be answered with the position that is asked for, or is here
  uint32_t later_requests_ = 0;            // came since it was asked for
  bool is_asked_ = false;                  // at_position() will come
  bool is_parked_ = false;                 // after_event() will come
  std::optional<WatchPosition> position_;  // waits for the watches to be in step
  bool is_tick_due_ = false;
  std::optional<net::Loop::TimerId> timer_;
};

}  // namespace viaduct::v3
