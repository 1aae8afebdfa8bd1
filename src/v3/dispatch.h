// What both wires, gRPC and the JSON gateway, do with every call before and around its method (v3-api.md 2.1): find it,
// admit it, count it, and say how it failed when the method did not.
// Threads: any. Ownership: borrows methods and engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "v3/call.h"
#include "v3/call_counts.h"
#include "v3/method.h"
#include "v3/release.h"
#include "v3/status.h"
#include "v3bridge/engine.h"

namespace viaduct::v3 {

inline constexpr uint64_t kMessageOverheadBytes = 512 << 10;  // what a message may have beyond its request

class Dispatch {
 public:
  // `max_request_bytes` as --max-request-bytes has it.
  Dispatch(const Methods& methods, const v3bridge::Engine& engine, Release release, uint64_t max_request_bytes);

  const Methods& methods() const { return methods_; }
  const Release& release() const { return release_; }
  CallCounts& counts() { return counts_; }
  const CallCounts& counts() const { return counts_; }

  // Beyond this a message is refused unread, with message_too_large().
  uint64_t message_limit_bytes() const { return message_limit_bytes_; }
  Status message_too_large(uint64_t bytes) const;

  // OK, or why the call goes no further. Asked once the request is understood, and when a stream begins: `request` is
  // null where it comes later.
  Status admit(const Method& method, const Message* request, const Metadata& metadata) const;
  // A call that came with `hasleader` asks this of its stream from time to time.
  bool has_leader() const { return bool(engine_.raft_status().leader); }
  static bool requires_leader(const Metadata& metadata) { return metadata.find("hasleader") == "true"; }

  Status deadline_exceeded() const;  // its time was up before it was answered

 private:
  const Methods& methods_;
  const v3bridge::Engine& engine_;
  const Release release_;
  const uint64_t message_limit_bytes_;
  CallCounts counts_;
};

// grpc-timeout := digit{1,8} ("H" | "M" | "S" | "m" | "u" | "n"); nothing for any other text.
std::optional<std::chrono::nanoseconds> parse_grpc_timeout(std::string_view text);

// With auth off there are no tokens, so that one who shows a token shows a wrong one (v3-api.md 7.1, case 25).
bool shows_token(const Metadata& metadata);

}  // namespace viaduct::v3
