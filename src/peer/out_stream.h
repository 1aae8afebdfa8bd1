// One outgoing stream to a peer, and the thread that dials it, writes it, and dials again when it breaks.
// Promise:   frames leave in the order of send(); all that waits goes out in one write. While there is no connection,
//            and beyond the queue's bound, frames are dropped. OutStreamOwner::dropped() tells of the first at once,
//            and of those after it before the next dial or sleep.
// Ownership: borrows options and owner, which must outlive join().
// Threads:   any; start() and join() from one at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "peer/cancellation.h"
#include "peer/http_client.h"
#include "peer/links_options.h"

namespace viaduct::peer {

// What the stream asks and tells. Called on the stream's thread, dropped() on the sender's as well.
class OutStreamOwner {
 public:
  virtual ~OutStreamOwner() = default;
  virtual MemberId peer() const = 0;
  virtual std::vector<std::string> urls() const = 0;
  virtual void stream_up(StreamKind kind, const std::string& url) = 0;
  virtual void stream_down(StreamKind kind, const DialFailure& why) = 0;
  virtual void not_reached(StreamKind kind, const std::string& why) = 0;  // a whole round of dialling was in vain
  virtual void absent() = 0;                                              // as every URL is refused or reset
  virtual void refused(StreamKind kind, const HttpReply& reply) = 0;      // the peer will not have us
  virtual void dropped() = 0;
  virtual void wrote(StreamKind kind, uint64_t appends, uint64_t bytes, std::chrono::nanoseconds took) = 0;
  virtual void lost(uint64_t frames, uint64_t appends) = 0;
};

class OutStream {
 public:
  OutStream(StreamKind kind, const LinksOptions& options, OutStreamOwner& owner);
  ~OutStream();  // stops and joins

  void start();  // the first time only
  void send(Frame&& frame);
  void dial_now();  // if it waits before dialling again
  void stop();      // does not wait
  void join();
  bool has_stopped() const { return !running_; }  // join() returns at once

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool dial_all();
  bool dial(const std::string& url, DialFailure& failure);
  void serve(HttpBody& body, const std::string& url);
  bool next_batch(HttpBody& body);
  bool take_queued();
  void encode_batch();
  void connect(bool connected);
  void report_drops();
  void wait_to_redial();

  const StreamKind kind_;
  const LinksOptions& options_;
  OutStreamOwner& owner_;
  Cancellation cancellation_;
  WakeUp wake_;

  std::mutex mutex_;
  std::vector<Frame> queue_;  // guarded by mutex_
  size_t queued_bytes_ = 0;   // guarded by mutex_: of queue_ and of what is left of sending_
  bool connected_ = false;    // guarded by mutex_
  bool sleeping_ = false;     // guarded by mutex_: the thread wants to be woken by the next frame
  bool dial_now_ = false;     // guarded by mutex_
  bool dropping_ = false;     // guarded by mutex_: in an episode of drops, whose first was reported
  bool unreported_ = false;   // guarded by mutex_: there were more since

  // The thread's own.
  std::vector<Frame> sending_;
  size_t sent_ = 0;  // of sending_
  std::string batch_;
  uint64_t batch_appends_ = 0;
  std::chrono::milliseconds delay_{0};
  std::minstd_rand jitter_{std::random_device()()};

  std::atomic<bool> stopping_{false};
  std::atomic<bool> running_{false};
  std::thread thread_;
};

}  // namespace viaduct::peer
