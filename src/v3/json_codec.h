// Requests from JSON and replies to JSON for one method.
// Threads: immutable. Ownership: borrows the types.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "v3/call.h"
#include "v3/json_scanner.h"
#include "v3/json_types.h"
#include "v3/method.h"

namespace viaduct::v3 {

struct JsonCodec {
  const JsonType* request;
  const JsonType* response;
  BytesAs bytes_as = BytesAs::kBase64;

  // OK, or InvalidArgument with Go's complaint. `message` is emptied first.
  Status read(const JsonDocument& document, Message& message) const;
  // The same for the first value of a whole body; an empty body is the empty message, what follows is ignored.
  Status read_body(std::string body, Message& message) const;

  void append(std::string& to, const Message& response_message) const;
};

// A message that came encoded.
std::unique_ptr<Message> decoded(Bytes encoded, const Message& prototype);

// Messages out of JSON that comes in pieces: each value is one.
class JsonRequests {
 public:
  enum class Next { kMessage, kNothing, kEnd, kWrong };

  // Beyond `value_limit_bytes` a value is not waited for.
  JsonRequests(const JsonCodec& codec, uint64_t value_limit_bytes) : codec_(codec), limit_(value_limit_bytes) {}

  void add(Bytes text, bool last);
  // kEnd: all was said, or what followed the first value made no sense, which is how etcd takes it. Told once.
  // kWrong: the first value made no sense.
  Next next(Message& into, Status& wrong);

 private:
  Next wrong_or_end(Status status, Status& wrong);

  const JsonCodec codec_;
  const uint64_t limit_;
  JsonScanner scanner_;
  bool all_there_ = false;
  bool past_first_ = false;
  bool ended_ = false;  // kEnd or kWrong was told
};

}  // namespace viaduct::v3
