// A v2 client of one member: one keep-alive connection, every call within a given time.
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "test/conformance/connection.h"

namespace viaduct::cluster_test {

// A node as the answers show it.
struct V2Node {
  std::string key;
  std::optional<std::string> value;  // nothing: the node is gone (or a directory)
  uint64_t modified = 0;
  uint64_t created = 0;
  bool dir = false;
  std::string expiration;  // empty: it has none
  int64_t ttl = 0;

  bool operator==(const V2Node&) const = default;
};

struct V2Answer {
  enum class Kind {
    kNotSent,   // nobody listens: it cannot have had an effect
    kNoAnswer,  // in time, or the connection broke
    kAnswer,
  };
  Kind kind = Kind::kNoAnswer;
  int status = 0;
  int error_code = 0;
  uint64_t index = 0;     // X-Etcd-Index
  uint64_t revision = 0;  // X-Etcd-Revision; etcd has none
  std::string action;
  std::string cause;  // of an error
  std::optional<V2Node> node;
  std::optional<V2Node> previous;

  bool success() const { return kind == Kind::kAnswer && status < 300; }
  // Whether the request may have had, or may yet have, an effect: a member that answers 5xx does not know.
  bool unknown() const { return kind == Kind::kNoAnswer || (kind == Kind::kAnswer && status >= 500); }
};

class V2Client {
 public:
  explicit V2Client(int port) : port_(port) {}

  // `target` is what follows /v2/keys; `form` is sent as a form body.
  V2Answer call(const std::string& method, const std::string& target, const std::optional<std::string>& form,
                std::chrono::milliseconds time);
  // Any path; the plain reply, or nothing.
  std::optional<conformance::Reply> get(const std::string& path, std::chrono::milliseconds time);
  uint64_t connection() const { return connection_; }

 private:
  std::optional<conformance::Reply> exchange(const std::string& head, const std::string& body,
                                             std::chrono::milliseconds time);
  bool connect();

  int port_;
  uint64_t connection_ = 0;
  std::unique_ptr<conformance::Connection> open_;
};

// A watch on a connection of its own; one with stream=true may have many events.
class V2Stream {
 public:
  V2Stream(int port, const std::string& target);
  // What the head says, once next() has seen it.
  std::optional<V2Answer> head() const;
  // The next event's answer; nothing when none came in time. ended() says whether one may still come.
  std::optional<V2Answer> next(std::chrono::milliseconds time);
  bool ended() const;

 private:
  conformance::Connection connection_;
  conformance::ReplyParser parser_;
};

}  // namespace viaduct::cluster_test
