// One request of an HTTP/2 connection and its answer. Private to Http2Codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "net/codec.h"
#include "net/output_queue.h"

namespace viaduct::net {

struct Http2Stream {
  enum class Progress : uint8_t {
    kHead,     // is being read
    kBody,     // is being read, before the request can be handed out
    kReady,    // the request waits for next_request()
    kTaken,    // the handler has it
    kRefused,  // it is answered without a handler
  };

  StreamId id = 0;
  Progress progress = Progress::kHead;

  // The request.
  Request request;
  BodyPlan plan;
  std::optional<uint64_t> bytes_to_come;  // of the body, when the head has said how many
  std::unique_ptr<StreamedBody> body;     // of a streamed one
  bool body_listed = false;               // for next_body()
  bool client_ended = false;              // END_STREAM was received
  bool is_head = false;                   // the answer has no body

  // The answer.
  OutputQueue pending;  // of its body, not framed yet
  ReplyHeaders trailers;
  uint64_t output_end = 0;  // where in the output of the connection the newest frame of the body ends
  size_t framed_bytes = 0;  // of the body, in the output since all of it was written
  bool started = false;     // HEADERS were given
  bool streaming = false;   // by start_stream()
  bool deferred = false;    // nghttp2 found nothing to send, and waits to be told
  bool reset_by_us = false;

  TimePoint since{0};     // the body began, or the newest of the answer was framed
  bool finished = false;  // all is said, or nobody would hear it: the handler owes nothing any more
  bool gone = false;      // nothing that is said goes out
  bool closed = false;    // for nghttp2 too

  bool has_body_reader() const { return body && !finished && !gone; }
  bool awaits_handler() const { return progress == Progress::kTaken && !finished; }
};

}  // namespace viaduct::net
