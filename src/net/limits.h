// What a connection may ask of us before it is refused; the defaults are safe for a public port. counters.h counts how
// often each was met.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace viaduct::net {

struct Limits {
  std::chrono::milliseconds handshake_time{10'000};  // TLS, from the first byte or connect to the end: close
  std::chrono::milliseconds head_time{10'000};       // request line and headers complete, else 408
  std::chrono::milliseconds body_grace{5'000};       // then body_bytes_per_second on average, else 408
  uint64_t body_bytes_per_second = 1024;
  std::chrono::milliseconds idle_time{120'000};        // nothing asked, nothing owed: close
  std::chrono::milliseconds write_stall_time{60'000};  // the client takes nothing of what it is owed: reset
  std::chrono::milliseconds linger_time{2'000};        // after a refusal, for the client to read it before we close

  size_t request_line_bytes = 8192;       // CRLF included, else 414
  size_t header_list_bytes = 64 << 10;    // names, values, ": " and CRLF, else 431
  size_t header_field_bytes = 8192;       // one of them, counted alike, else 431
  size_t header_count = 128;              // else 431
  size_t pipelined_requests = 64;         // in flight on one connection; then its bytes wait in the kernel
  size_t read_ahead_bytes = 64 << 10;     // taken from a client before we can use it, to notice when it goes
  size_t output_pause_bytes = 256 << 10;  // unsent: no further request is taken from the connection
  size_t output_limit_bytes = 8 << 20;    // unsent and still more to say: reset
  size_t held_bytes =
      512 << 20;  // of all connections of a loop: unfinished requests, unsent replies; then 503 or reset

  // HTTP/2. Beyond these the connection ends with a GOAWAY, unless it says otherwise.
  std::chrono::milliseconds http2_idle_time{3'600'000};  // without a stream
  size_t http2_streams = 4096;  // on one connection, until the handler has done with them; else REFUSED_STREAM
  uint64_t http2_reset_burst = 1000;
  uint64_t http2_resets_per_second = 200;
  size_t http2_continuations = 8;    // of one header block
  size_t http2_empty_frames = 1000;  // per minute
  size_t http2_settings = 32;        // entries of one frame
  size_t http2_unsent_acks = 1000;
  size_t http2_queued_frames = 5000;
  std::chrono::nanoseconds http2_ping_min_time = std::chrono::seconds(5);  // between a client's pings
  std::chrono::nanoseconds http2_ping_interval = std::chrono::hours(2);    // of silence, then we ask
  std::chrono::nanoseconds http2_ping_timeout = std::chrono::seconds(20);  // for the answer

  std::chrono::seconds keep_alive_probe{30};       // of a parked watch: TCP keep-alive idle time and interval
  std::chrono::milliseconds user_timeout{90'000};  // and TCP_USER_TIMEOUT

  std::chrono::milliseconds sweep_interval{250};  // how late a deadline may be noticed
};

}  // namespace viaduct::net
