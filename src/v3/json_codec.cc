#include "v3/json_codec.h"

#include <cassert>
#include <utility>

#include "v3/json_reader.h"
#include "v3/json_writer.h"

namespace viaduct::v3 {

Status JsonCodec::read(const JsonDocument& document, Message& message) const {
  message.Clear();
  auto done = read_json(document, *request, bytes_as, message);
  return done ? Status{} : Status{StatusCode::kInvalidArgument, std::move(done).error().message};
}

Status JsonCodec::read_body(std::string body, Message& message) const {
  JsonScanner scanner;
  scanner.take(std::move(body));
  switch (scanner.last()) {
    case JsonScanner::Found::kValue:
      return read(scanner.document(), message);
    case JsonScanner::Found::kError:
      return {StatusCode::kInvalidArgument, scanner.error()};
    case JsonScanner::Found::kNothing:
      break;
  }
  message.Clear();
  return {};
}

void JsonCodec::append(std::string& to, const Message& response_message) const {
  append_json(to, response_message, *response, bytes_as);
}

std::unique_ptr<Message> decoded(Bytes encoded, const Message& prototype) {
  std::unique_ptr<Message> message(prototype.New());
  [[maybe_unused]] const bool whole = message->ParseFromArray(encoded.data(), static_cast<int>(encoded.size()));
  assert(whole);  // our own services wrote it
  return message;
}

void JsonRequests::add(Bytes text, bool last) {
  if (!ended_) scanner_.append(text);
  all_there_ = all_there_ || last;
}

JsonRequests::Next JsonRequests::next(Message& into, Status& wrong) {
  if (ended_) return Next::kNothing;
  const JsonScanner::Found found = all_there_ ? scanner_.last() : scanner_.next();
  if (scanner_.value_bytes() > limit_) {
    return wrong_or_end({StatusCode::kResourceExhausted, "http: request body too large"}, wrong);
  }
  switch (found) {
    case JsonScanner::Found::kValue:
      if (Status status = codec_.read(scanner_.document(), into); !status.ok()) {
        return wrong_or_end({StatusCode::kUnknown, std::move(status.message)}, wrong);
      }
      past_first_ = true;
      return Next::kMessage;
    case JsonScanner::Found::kError:
      return wrong_or_end({StatusCode::kUnknown, scanner_.error()}, wrong);
    case JsonScanner::Found::kNothing:
      break;
  }
  if (!all_there_) return Next::kNothing;
  ended_ = true;
  return Next::kEnd;
}

JsonRequests::Next JsonRequests::wrong_or_end(Status status, Status& wrong) {
  ended_ = true;
  scanner_ = JsonScanner();
  if (past_first_) return Next::kEnd;
  wrong = std::move(status);
  return Next::kWrong;
}

}  // namespace viaduct::v3
