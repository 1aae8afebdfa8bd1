// The streams of one loop and one front.
// Threads:   the loop's; the destructor when the loop has stopped.
// Ownership: owns each stream's call and the service's side of it, until the stream has ended and its callbacks have
//            returned.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "net/handler.h"
#include "net/loop.h"
#include "v3/dispatch.h"
#include "v3/method.h"
#include "v3/stream_wire.h"

namespace viaduct::v3 {

class StreamCall;

// One stream as a front hands it over.
struct StreamStart {
  const Method& method;
  net::ReplyHandle handle;
  Metadata metadata;
  std::optional<std::chrono::nanoseconds> timeout;
  std::unique_ptr<StreamWire> wire;
  std::unique_ptr<Message> only_message;  // null: the messages come with the body
};

class LiveStreams {
 public:
  using Id = uint64_t;

  LiveStreams(Dispatch& dispatch, net::Loop& loop, std::chrono::nanoseconds election_timeout);
  ~LiveStreams();

  void open(StreamStart&& start);

  // --- for StreamCall ---
  Dispatch& dispatch() { return dispatch_; }
  net::Loop& loop() { return loop_; }
  StreamCall* find(Id id);  // null once it is gone
  void bury(Id id);         // destroys it when its callbacks have returned

 private:
  void watch_leader();
  void look_for_leader();

  Dispatch& dispatch_;
  net::Loop& loop_;
  const std::chrono::nanoseconds election_timeout_;
  std::unordered_map<Id, std::unique_ptr<StreamCall>> streams_;
  Id last_id_ = 0;
  bool watching_leader_ = false;
  int leaderless_looks_ = 0;
};

}  // namespace viaduct::v3
