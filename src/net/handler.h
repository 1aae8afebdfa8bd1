// The two sides of a request: the Handler that gets it, and the ReplyHandle by which the answer finds its way back.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
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

inline constexpr uint64_t kDefaultBodyLimitBytes = 2 << 20;

// How the body of a request is taken.
struct BodyPlan {
  enum class Shape : uint8_t {
    kWhole,       // the request is handed out with all of it
    kOneMessage,  // with its first gRPC message (a flag byte, a big-endian u32 length, that many bytes), as framed;
                  // what follows is dropped
    kStreamed,    // the request is handed out at once, and pieces go to StreamObserver::on_body() as they come
  };
  Shape shape = Shape::kWhole;
  uint64_t limit_bytes = kDefaultBodyLimitBytes;  // of the body, or of the one message; not asked when streamed
};

// Decides it when the head is complete; `head` has no body yet.
class BodyPlanner {
 public:
  virtual ~BodyPlanner() = default;
  virtual BodyPlan body_plan(const Request& head) const = 0;
};

// Threads: called on every loop's thread, so on several at once; must not block. A request with body_too_large set
//          should be answered with a refusal.
class Handler : public BodyPlanner {
 public:
  // Answers through `handle.loop`, at once or later, exactly once: reply(), or start_stream() and end_stream(), or
  // reset(). Only who has learned, by on_gone() or is_open(), that the client has gone need not: a stream that its
  // client resets counts against the connection's limit until then. May leave `request` alone or move it away.
  virtual void handle(Loop& loop, Request&& request, ReplyHandle handle) = 0;

  BodyPlan body_plan(const Request&) const override { return {}; }
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
  // The next piece of a streamed body, in order; `last` (maybe with no bytes) when the client has sent all of it. What
  // came before the observer was registered is told as soon as it is.
  virtual void on_body(ReplyHandle, Bytes, [[maybe_unused]] bool last) {}
  // A client of HTTP/1 that sends no more has most likely gone, but may want the answer to this request still. True:
  // take it for gone, as is always done with a stream.
  virtual bool ends_with_input() const { return false; }
};

}  // namespace viaduct::net
