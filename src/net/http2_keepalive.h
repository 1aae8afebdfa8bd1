// Pings of one HTTP/2 connection: how often the client may send them, and when we ask whether it still lives (v3-api.md
// 6.4).
// Pure: time is an argument.
#pragma once

#include "net/http2_conduct.h"

namespace viaduct::net {

class Http2Keepalive {
 public:
  Http2Keepalive(const Limits& limits, TimePoint now) : limits_(limits), heard_at_(now) {}

  void on_heard(TimePoint now);                     // anything from the client: it lives
  void on_answered() { strikes_forgiven_ = true; }  // HEADERS or DATA were sent to it
  // A ping of the client, not an answer to one. Null: go on.
  const Offence* on_ping(TimePoint now, bool has_streams);

  enum class Step { kNone, kPing, kClose };
  TimePoint next() const {
    return asked_ ? asked_at_ + limits_.http2_ping_timeout : heard_at_ + limits_.http2_ping_interval;
  }
  Step step(TimePoint now);  // kPing only once until the client is heard of

 private:
  const Limits& limits_;
  TimePoint heard_at_;
  TimePoint asked_at_{0};
  TimePoint pinged_at_{0};  // by the client
  bool asked_ = false;
  bool pinged_ = false;
  bool strikes_forgiven_ = false;
  int strikes_ = 0;
};

}  // namespace viaduct::net
