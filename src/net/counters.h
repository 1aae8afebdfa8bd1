// What the network layer has seen, for metrics. Each is a relaxed atomic, written by the loops, read from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace viaduct::net {

class Counter {
 public:
  void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void subtract(uint64_t n = 1) { value_.fetch_sub(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// One set for each loop, so that loops never share a cache line; add them up to show them.
struct alignas(64) Counters {
  Counter connections_accepted;
  Counter connections_open;  // now, the only one that falls
  Counter requests;
  Counter bytes_in;
  Counter bytes_out;
  Counter handshakes;          // TLS, that let someone in
  Counter handshake_failures;  // and that did not

  // Refusals, by the limit that was met.
  Counter connection_limit;  // per listener
  Counter address_limit;     // per client address
  Counter accept_failures;   // no descriptor, no memory
  Counter handshake_limit;   // TLS, under way on the listener
  Counter handshake_timeouts;
  Counter head_timeouts;
  Counter body_timeouts;
  Counter idle_timeouts;
  Counter write_stalls;
  Counter output_overflows;
  Counter request_line_too_long;
  Counter header_list_too_large;
  Counter header_field_too_large;
  Counter too_many_headers;
  Counter bodies_too_large;
  Counter memory_refusals;       // requests and replies beyond the loop's share of memory
  Counter pipeline_full;         // times reading paused
  Counter bad_requests;          // 400
  Counter bad_versions;          // 505
  Counter bad_transfer_codings;  // 501
  Counter bad_expectations;      // 417
  Counter http2_streams;         // refused
  Counter http2_resets;
  Counter http2_continuations;
  Counter http2_empty_frames;
  Counter http2_settings;
  Counter http2_unsent_acks;
  Counter http2_queued_frames;
  Counter http2_pings;
  Counter http2_silent;  // did not answer our ping
};

}  // namespace viaduct::net
