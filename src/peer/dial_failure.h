// Why a connection that we wanted did not come about, or broke. The kinds are those that someone reacts to differently.
#pragma once

#include <cstdint>
#include <string>

namespace viaduct::peer {

struct DialFailure {
  enum class Kind : uint8_t {
    kNone,
    kBadUrl,
    kUnresolved,   // the name has no address
    kRefused,      // nobody listens there
    kReset,        // the other side ended the connection
    kUnreachable,  // no way there
    kTimedOut,
    kTls,       // the handshake failed, or our own certificate cannot be used
    kBadReply,  // not HTTP, or beyond a limit
    kCancelled,
  };
  Kind kind = Kind::kNone;
  std::string message;

  explicit operator bool() const { return kind != Kind::kNone; }
  // Says that no process is there (RF-1).
  bool is_absence() const { return kind == Kind::kRefused || kind == Kind::kReset; }
};

}  // namespace viaduct::peer
