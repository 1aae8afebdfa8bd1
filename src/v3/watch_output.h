// What a stream says to its client, and how much of that the client has not taken yet.
// Bounds:  a stream whose client does not read is full at WatchOptions::stream_bytes; a watch may add to what is unsent
//          only up to watch_bytes, so that a busy watch is the first to wait. Whoever waits goes on when all is
//          drained.
// Threads: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "v3/call.h"
#include "v3/watch.h"
#include "v3/watch_service.h"

namespace etcdserverpb {
class WatchResponse;
}

namespace viaduct::v3 {

class WatchOutput {
 public:
  // Borrows all; `scratch` is where responses are put together.
  WatchOutput(Call& call, const WatchOptions& options, std::string& scratch)
      : call_(call), options_(options), scratch_(scratch) {}

  void say(const etcdserverpb::WatchResponse& response);
  // Header and events are encoded; in pieces if they are large and the watch wants that.
  void say_events(Watch& watch, std::string_view header, std::string_view events);

  // Whether that watch may be told of an event now, and whether history may be read for any. Once the answer was no it
  // stays so, for that watch or all, until the client has taken everything: then drained() is called.
  bool takes(const Watch& watch);
  bool takes_history();
  bool is_full() const { return is_full_; }  // takes nothing at all
  void drained();

 private:
  void say_piece(std::string_view header, int64_t watch_id, bool is_fragment, std::string_view events);
  void account(size_t bytes);
  void ask();

  Call& call_;
  const WatchOptions& options_;
  std::string& scratch_;
  size_t unsent_bytes_ = 0;  // when the call was asked last, and all that was said since
  size_t asked_bytes_ = 0;   // when it was asked last
  uint32_t drained_ = 0;     // how often nothing was unsent
  bool is_full_ = false;     // nothing more is told, and the client is not listened to
  bool waits_ = false;       // for drained(), before history is read
};

}  // namespace viaduct::v3
