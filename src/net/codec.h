// One connection's bytes: requests come out, replies go in. A state machine without descriptor, thread or clock: the
// time is what CodecContext says. Http1Codec and Http2Codec are the two.
// Memory: what a client can make it hold is bounded by Limits.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/blob.h"
#include "base/bytes.h"
#include "net/counters.h"
#include "net/handler.h"
#include "net/limits.h"
#include "net/reply.h"
#include "net/request.h"
#include "net/streamed_body.h"
#include "net/time_point.h"

namespace viaduct::net {

using StreamId = uint32_t;

// What a codec borrows from its connection and loop; all of it outlives the codec.
struct CodecContext {
  const Limits& limits;
  Counters& counters;
  const BodyPlanner& planner;
  const std::string& common_headers;  // "Server: ...\r\nDate: ...\r\n" of this second
  const TimePoint& now;               // of this turn
};

// What part of a request the codec is in the middle of.
enum class InputPhase : uint8_t { kNone, kHead, kBody };

// Why the rest of a request is not waited for.
enum class GiveUp : uint8_t { kTooSlow, kNoMemory };

struct IncomingRequest {
  StreamId stream;
  Request request;
};

struct IncomingBody {
  StreamId stream;
  StreamedBody::Piece piece;
};

class Codec {
 public:
  virtual ~Codec() = default;

  // Returns how many bytes were used; the rest is offered again with more behind it, or when wants_input() is true
  // again. Take every next_request(), next_body() and next_gone() before feeding on.
  virtual size_t feed(Bytes in) = 0;
  virtual std::optional<IncomingRequest> next_request() = 0;
  virtual std::optional<IncomingBody> next_body() = 0;  // of a streamed one that is observed and not paused
  // A stream of a connection that lives on, ended by its client or by a limit before its answer was complete. The
  // handler still owes that answer, and the stream counts as long, until forget().
  virtual std::optional<StreamId> next_gone() { return std::nullopt; }
  virtual void forget(StreamId) {}
  virtual bool wants_input() const = 0;
  virtual InputPhase phase() const = 0;
  virtual uint64_t body_bytes() const = 0;  // of the body being read before its request is handed out

  // The client will send no more. What it asked for completely is still answered.
  virtual void end_input() = 0;
  // Answers the request being read with 408 or 503, and takes no other.
  virtual void give_up(GiveUp reason) = 0;
  // Takes no further request; done() once those in flight are answered.
  virtual void shut_down() = 0;

  // Nothing happens for a stream that is not open.
  virtual void reply(StreamId stream, Reply&& reply) = 0;
  virtual void start_stream(StreamId stream, StreamHead&& head) = 0;
  virtual void stream_chunk(StreamId stream, const Blob& bytes) = 0;
  virtual void end_stream(StreamId stream, ReplyHeaders&& trailers) = 0;
  virtual void reset(StreamId stream, uint32_t http2_error_code) = 0;
  virtual void upgrade(StreamId stream, ReplyHeaders&& headers) = 0;
  virtual bool cut_off(StreamId) { return false; }  // what was said on it is not read; false: only closing helps
  virtual void observe_body(StreamId stream, bool observed) = 0;
  virtual void pause_body(StreamId stream, bool paused) = 0;

  virtual bool is_open(StreamId stream) const = 0;    // not answered to the end
  virtual bool has_stream() const = 0;                // one whose head was sent, or whose body is read, is still open
  virtual size_t backlog(StreamId stream) const = 0;  // bytes said on it, or ahead of it, that are not written
  virtual size_t in_flight() const = 0;               // requests handed out and not answered to the end

  // Memory of requests being read, streamed bodies not taken and unsent replies, shared Blobs apart.
  virtual size_t held_bytes() const = 0;

  // Gathers what may go out now; false: nothing. The rest of the output is for after it.
  virtual bool prepare_output() = 0;
  virtual size_t output_bytes() const = 0;
  virtual size_t output(std::span<iovec> into) const = 0;  // fills from the front; valid until the next call
  virtual void wrote(size_t bytes) = 0;                    // drops that much of the output
  virtual bool closing() const = 0;                        // nothing of what the client sends matters any more
  virtual bool done() const = 0;                           // everything is said: close when output is written

  // What the protocol itself does at certain times.
  virtual TimePoint next_deadline() const { return kNever; }
  virtual void on_deadline() {}
  virtual bool pings_client() const { return false; }  // instead of being cut off when it takes nothing
};

}  // namespace viaduct::net
