// When the patience with one connection ends.
// Pure: time is an argument.
#pragma once

#include <chrono>
#include <cstdint>

#include "net/codec.h"
#include "net/limits.h"
#include "net/time_point.h"

namespace viaduct::net {

// What a connection is doing, as far as time goes.
struct Activity {
  InputPhase phase = InputPhase::kNone;
  bool reading = true;             // false: we do not take its bytes now, so a slow request is not its fault
  uint64_t requests_finished = 0;  // heads and bodies read to the end so far: tells one request from the next
  uint64_t body_bytes = 0;         // of the body being read
  bool owes_answer = false;        // a request is in flight, or a watch parked
  uint64_t output_bytes = 0;       // unsent
  uint64_t written_bytes = 0;      // ever
  bool lingering = false;          // all is said; waiting for the client to close
  bool http2 = false;
};

enum class Expiry { kNone, kHead, kBody, kIdle, kWrite, kLinger };

class Deadlines {
 public:
  Deadlines(const Limits& limits, TimePoint now) : limits_(limits), idle_since_(now) {}

  void update(TimePoint now, const Activity& activity);  // after each turn of the connection
  TimePoint next() const;                                // kNever when nothing can expire
  Expiry expired(TimePoint now) const;

 private:
  void update_input(TimePoint now, const Activity& activity);
  void update_output(TimePoint now, const Activity& activity);
  TimePoint body_deadline() const;
  TimePoint idle_time() const;
  TimePoint deadline(Expiry expiry) const;

  const Limits& limits_;
  Activity last_;
  TimePoint input_since_{0};   // this phase of this request
  TimePoint output_since_{0};  // the last byte taken, or the first unsent one
  TimePoint idle_since_;
  TimePoint linger_since_{0};
};

}  // namespace viaduct::net
