// Tells the streams of a loop when they have been told of everything up to what was the head when they asked: all
// deliveries of the hub up to there were handled on this loop. So a progress notice cannot overtake an event (INV-W7).
// Threads:   reached() on the apply thread, the rest on the loop.
// Ownership: borrows all; outlives what is posted, and the hub's last publish().
#pragma once

#include <optional>
#include <vector>

#include "base/ids.h"
#include "net/loop.h"
#include "store/hub.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

class WatchStream;

class WatchPositions {
 public:
  WatchPositions(v3bridge::Engine& engine, net::Loop& loop, store::WatchSink& sink)
      : engine_(engine), loop_(loop), sink_(sink) {}

  // These calls follow, never from inside this.
  void ask(WatchStream& stream);                   // at_position()
  void ask_after_next_event(WatchStream& stream);  // after_event()
  void forget(const WatchStream& stream);

  void reached(Seq up_to);  // what the hub told the sink

 private:
  struct Waiting {
    WatchStream* stream;
    Seq seq;
    std::optional<Revision> revision;  // none: it only waits for an event
  };

  void wait(const Waiting& waiting);
  void wake_up_at(Seq seq);
  void tell(Seq up_to);

  v3bridge::Engine& engine_;
  net::Loop& loop_;
  store::WatchSink& sink_;
  std::vector<Waiting> waiting_;
};

}  // namespace viaduct::v3
