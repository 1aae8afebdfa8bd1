// One thread that owns many connections, and runs tasks for them. Nothing on it blocks.
// Promise:   tasks posted run in order, a batch of them for one wake-up; what a batch or one read makes a connection
//            say goes out in one write.
// Ownership: owns its connections; borrows clock, limits and counters, which must outlive it.
// Threads:   post() from any thread; everything else on the loop's own thread, which runs from start() to stop().
// Memory:    an idle or parked connection holds no buffer.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "base/blob.h"
#include "base/clock.h"
#include "base/executor.h"
#include "net/counters.h"
#include "net/handler.h"
#include "net/limits.h"
#include "net/reply.h"
#include "net/timers.h"

namespace viaduct::net {

class Connection;
class LoopCore;

class Loop final : public Executor {
 public:
  Loop(const Clock& clock, const Limits& limits, Counters& counters);
  ~Loop() override;  // stops

  void start();
  void stop();  // closes every connection, ends and joins the thread; tasks left over are destroyed unrun
  bool in_loop_thread() const;

  void post(std::unique_ptr<Task> task) override;

  // All of these do nothing when the client has gone or the request was answered already.
  void reply(const ReplyHandle& handle, Reply&& reply);
  void start_stream(const ReplyHandle& handle, StreamHead&& head);
  void stream_chunk(const ReplyHandle& handle, const Blob& bytes);  // empty chunks are left out
  void end_stream(const ReplyHandle& handle, ReplyHeaders trailers = {});
  // Answers no further: RST_STREAM with that code, or the end of an HTTP/1 connection.
  void reset(const ReplyHandle& handle, uint32_t http2_error_code);
  // A streamed body: while paused nothing of it is read, and its flow-control window does not grow.
  void pause_body(const ReplyHandle& handle, bool paused);
  // HTTP/1 only: answers 101 with these headers; from then on both ways carry raw bytes, by on_body() and
  // stream_chunk(), until end_stream(). The request must have been handed out with a streamed body.
  void upgrade(const ReplyHandle& handle, ReplyHeaders headers);

  // Null: no more. When the client has gone already, on_gone() follows soon.
  void observe(const ReplyHandle& handle, StreamObserver* observer);
  bool is_open(const ReplyHandle& handle) const;  // someone still waits for this answer; if not, none is owed any more
  // Bytes said on this stream and not yet gone: not taken by the kernel, or held back by the stream's window.
  size_t stream_backlog(const ReplyHandle& handle);

  // Calls `function` on this thread at or soon after `at`; a timer that ran or was cancelled is gone. Ids are not
  // reused.
  using TimerId = Timers::Id;
  TimerId start_timer(TimePoint at, std::function<void()> function);
  void cancel_timer(TimerId id);
  TimePoint now() const;  // of this turn

  // Takes no new request from now on: idle connections close, requests in flight are answered, observers get
  // on_shutdown(). Whatever is still open after `grace` is cut off by the sweep. Calls `done` when nothing is open.
  void begin_shutdown(std::chrono::milliseconds grace, std::function<void()> done);

  size_t connection_count() const;

  // Looks for passed deadlines and timers. The loop does so itself every Limits::sweep_interval; tests call it after
  // moving the clock.
  void sweep();

  LoopCore& core() { return *core_; }  // for listeners and connections

 private:
  Connection* speak_on(const ReplyHandle& handle);

  std::unique_ptr<LoopCore> core_;
};

}  // namespace viaduct::net
