// Ends the waits of a blocking call from another thread; for good.
// Threads: any.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/result.h"
#include "net/descriptor.h"

namespace viaduct::peer {

// An event descriptor: readable once signalled, until cleared.
class WakeUp {
 public:
  WakeUp() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) fatal("cannot make an event descriptor");
  }
  void signal() const { static_cast<void>(eventfd_write(event_.number(), 1)); }
  void clear() const {
    eventfd_t count;
    static_cast<void>(eventfd_read(event_.number(), &count));
  }
  int descriptor() const { return event_.number(); }

 private:
  net::Descriptor event_;
};

class Cancellation {
 public:
  void cancel() const { event_.signal(); }
  int descriptor() const { return event_.descriptor(); }

 private:
  WakeUp event_;
};

}  // namespace viaduct::peer
