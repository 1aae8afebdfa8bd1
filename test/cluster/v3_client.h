// A gRPC client of one member that never waits longer than it is told, and says what it knows about a call's outcome.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "test/conformance/http2_client.h"

namespace google::protobuf {
class MessageLite;
}

namespace viaduct::cluster_test {

using conformance::Deadline;
using conformance::in;
using google::protobuf::MessageLite;

// How a call ended: gRPC's status, or one of ours.
struct Status {
  static constexpr int kNotSent = -1;   // nobody listens: it cannot have had an effect
  static constexpr int kNoAnswer = -2;  // in time

  int code = kNoAnswer;
  std::string text;

  bool ok() const { return code == 0; }
  // Whether the call may have had, or may yet have, an effect: it failed in a way that says nothing about that.
  bool unknown() const;
};

// Threads: one at a time. The connection is made anew after it was lost.
class V3Client {
 public:
  explicit V3Client(int port) : port_(port) {}

  // `method` is "KV/Range", of the package etcdserverpb, or "v3lockpb.Lock/Lock" with a package.
  Status call(std::string_view method, const MessageLite& request, MessageLite& response,
              std::chrono::milliseconds time);
  // How often it has connected: what a server promises per connection is known by this number.
  uint64_t connection() const { return connection_; }

 private:
  friend class V3Stream;
  bool connect();

  int port_;
  uint64_t connection_ = 0;
  std::unique_ptr<conformance::Http2Client> client_;
};

// A stream on a connection of its own.
class V3Stream {
 public:
  enum class Next { kMessage, kNothing, kEnded };

  V3Stream(int port, std::string_view method, const MessageLite& first);
  void send(const MessageLite& request);
  Next next(MessageLite& response, std::chrono::milliseconds time);

 private:
  conformance::Http2Client client_;
  int32_t stream_ = 0;
};

}  // namespace viaduct::cluster_test
