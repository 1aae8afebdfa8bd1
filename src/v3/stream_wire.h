// How a wire carries a stream: the client's bytes as messages, messages as bytes. Belongs to one stream.
// Threads: the stream's loop.
#pragma once

#include "base/bytes.h"
#include "v3/call.h"
#include "v3/status.h"
#include "v3/unary_call.h"

namespace viaduct::v3 {

class StreamWire {
 public:
  enum class Next {
    kMessage,    // the next message is there
    kNothing,    // more bytes are needed
    kHalfClose,  // the client has said everything; told once
    kWrong,      // it cannot be understood, and the stream ends with the status
    kGone,       // the client wants no more
  };

  virtual ~StreamWire() = default;

  virtual void add(Bytes piece, bool last) = 0;
  virtual Next next(Message& into, Status& wrong) = 0;

  // False: the client has no use for more, and the stream ends.
  virtual bool send(const Message& response) = 0;
  virtual bool send_encoded(Bytes response, const Message& prototype) = 0;
  virtual void finish(const Status& status, Speaker speaker) = 0;  // says how it ended, and ends it
  virtual Status deadline_exceeded() const = 0;
};

}  // namespace viaduct::v3
