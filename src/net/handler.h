// The two sides of a request: the Handler that gets it, and the ReplyHandle by which the answer finds its way back.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/request.h"

namespace viaduct::net {

class Loop;

// Names one request that waits for its answer. A small value that may travel through other threads; it goes stale
// without harm: answering a connection that is gone does nothing.
struct ReplyHandle {
  Loop* loop = nullptr;     // the only thread that may use the handle; others post to it
  uint32_t slot = 0;        // which connection of the loop
  uint32_t generation = 0;  // which owner of that slot
  uint32_t stream = 0;      // which request of the connection

  auto operator<=>(const ReplyHandle&) const = default;
};

// How much body a request may have. Asked when its head is complete.
class BodyLimit {
 public:
  virtual ~BodyLimit() = default;
  virtual uint64_t body_limit_bytes(std::string_view raw_path) const = 0;
};

inline constexpr uint64_t kDefaultBodyLimitBytes = 2 << 20;

// Threads: called on every loop's thread, so on several at once; must not block. A request with body_too_large set
//          should be answered with a refusal.
class Handler : public BodyLimit {
 public:
  // Answers through `handle.loop`, at once or later, exactly once: reply(), or start_stream() and end_stream().
  // May leave `request` alone or move it away.
  virtual void handle(Loop& loop, Request&& request, ReplyHandle handle) = 0;

  uint64_t body_limit_bytes(std::string_view) const override { return kDefaultBodyLimitBytes; }
};

// Told what happens to a request that waits or streams. Called on the loop's thread, never from inside a call into the
// loop.
// Ownership: registered by Loop::observe(), borrowed until on_gone() was called, the request is answered to the end, or
//            observe(handle, nullptr).
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  virtual void on_gone(ReplyHandle handle) = 0;      // the client went away; the handle is stale now
  virtual void on_drained(ReplyHandle handle) = 0;   // stream_backlog() was asked, was not zero, and now is
  virtual void on_shutdown(ReplyHandle handle) = 0;  // the server stops: end the stream cleanly now
};

}  // namespace viaduct::net
