// What a client may do to an HTTP/2 connection that costs us and gains it nothing (reliability.md 7).
// Pure: time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/counters.h"
#include "net/limits.h"
#include "net/time_point.h"

namespace viaduct::net {

// The connection ends with a GOAWAY that says so.
struct Offence {
  uint32_t error_code;  // RFC 9113, 7
  std::string_view detail;
  Counter Counters::*counter;
};

class Http2Conduct {
 public:
  Http2Conduct(const Limits& limits, TimePoint now);

  // A frame of the client, as its header has it. Null: go on.
  const Offence* on_frame(uint8_t type, uint8_t flags, size_t payload_bytes, TimePoint now);
  void on_acknowledged() { --acks_due_; }  // a SETTINGS or PING of the client
  // The client reset a stream, or made us reset one.
  const Offence* on_reset(TimePoint now);
  const Offence* on_queued(size_t frames) const;  // waiting to be written

 private:
  const Offence* on_empty_frame(TimePoint now);

  const Limits& limits_;
  size_t acks_due_ = 0;
  size_t empty_frames_ = 0;  // since
  TimePoint empty_since_{0};
  double resets_left_;
  TimePoint resets_at_;  // when that was so
};

}  // namespace viaduct::net
