// A stream's progress: what its client asks for, and the notices that come by themselves. Either names a revision up to
// which all was told (INV-W7), never one below what was told before: clients take it for the place to go on from.
// Requests wait until all watches of the stream are in step and the head is where each begins (INV-W6); periodic
// notices leave out the watches of which that is not true, and those that were told of an event since the last time.
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <optional>

#include "net/loop.h"
#include "v3/watch.h"

namespace viaduct::v3 {

class WatchLoop;
class WatchStream;

class WatchProgress {
 public:
  WatchProgress(WatchLoop& loop, WatchStream& stream) : loop_(loop), stream_(stream) {}
  ~WatchProgress();
  WatchProgress(const WatchProgress&) = delete;
  WatchProgress& operator=(const WatchProgress&) = delete;

  void request();         // the client asks
  void in_step();         // all watches of the stream are now
  void expect_notices();  // some watch wants notices: the ticks begin
  void at_position(Revision head);
  void after_event();

 private:
  void ask();
  void answer(Revision reached);
  void start_timer();
  void tick();

  WatchLoop& loop_;
  WatchStream& stream_;
  uint32_t requests_ = 0;
  uint32_t later_requests_ = 0;  // came after the position was asked for
  bool is_asked_ = false;        // at_position() will come
  bool is_parked_ = false;       // after_event() will come
  bool is_tick_due_ = false;
  std::optional<net::Loop::TimerId> timer_;
};

}  // namespace viaduct::v3
