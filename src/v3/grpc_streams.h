// The gRPC streams of one loop.
// Threads:   the loop's; the destructor when the loop has stopped.
// Ownership: owns each stream's call and the service's side of it, until the stream has ended and its callbacks have
//            returned.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "net/handler.h"
#include "net/loop.h"
#include "net/request.h"
#include "v3/dispatch.h"
#include "v3/grpc_headers.h"
#include "v3/method.h"

namespace viaduct::v3 {

class GrpcStream;

class GrpcStreams {
 public:
  using Id = uint64_t;

  GrpcStreams(Dispatch& dispatch, net::Loop& loop, std::chrono::nanoseconds election_timeout);
  ~GrpcStreams();

  // `body` is the one message of a server stream as framed; nothing for a bidirectional one.
  void open(const Method& method, net::ReplyHandle handle, GrpcHead&& head, Bytes body);

  // --- for GrpcStream ---
  Dispatch& dispatch() { return dispatch_; }
  net::Loop& loop() { return loop_; }
  GrpcStream* find(Id id);
  void bury(Id id);  // destroys it once the loop's current callbacks have returned

 private:
  void watch_leader();
  void look_for_leader();

  Dispatch& dispatch_;
  net::Loop& loop_;
  const std::chrono::nanoseconds election_timeout_;
  std::unordered_map<Id, std::unique_ptr<GrpcStream>> streams_;
  Id last_id_ = 0;
  bool watching_leader_ = false;  // a timer runs
  int leaderless_looks_ = 0;      // in a row
};

}  // namespace viaduct::v3
