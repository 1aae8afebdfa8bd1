// Reads HTTP/1 replies from bytes as they arrive, keeping exactly what a client can observe: the status line, every
// header as sent, and the body with its framing taken off. No I/O here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::conformance {

struct Reply {
  std::string status_line;  // "HTTP/1.1 200 OK"
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int interim = 0;  // how many 1xx replies came first

  std::string header(std::string_view name) const;  // of this exact name; empty when absent
};

class ReplyParser {
 public:
  explicit ReplyParser(bool answers_head = false) : answers_head_(answers_head) {}

  void feed(std::string_view bytes);
  void end_of_stream();

  bool has_head() const { return state_ != State::kHead && state_ != State::kBroken; }
  bool complete() const { return state_ == State::kComplete; }
  bool broken() const { return state_ == State::kBroken; }  // not HTTP, or cut short
  const Reply& reply() const { return reply_; }
  // The body's next line with its line feed, or empty when it has not arrived.
  std::string take_line();
  std::string take_body();
  std::string take_rest() { return std::exchange(pending_, {}); }  // what followed the reply

 private:
  enum class State { kHead, kLength, kChunkSize, kChunk, kTrailer, kUntilClose, kComplete, kBroken };

  bool advance();
  bool read_head();
  bool read_chunk_size();
  bool read_counted(State next);
  bool read_trailer();
  State framing();

  bool answers_head_;
  State state_ = State::kHead;
  std::string pending_;  // not yet looked at
  size_t left_ = 0;      // bytes of the body or chunk still to come
  size_t taken_ = 0;     // bytes of the body handed out
  Reply reply_;
};

}  // namespace viaduct::conformance
