// Finds the end of one HTTP/1.1 answer in the bytes of a connection, for as little work as that can be done: of the
// head it reads only the status and how the body is framed. Trusts the server to speak HTTP, and throws Failure where
// it plainly does not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::bench {

class ResponseParser {
 public:
  // Ready for the next answer. `body`, when given, collects its content and must outlive the answer.
  void expect(std::string* body = nullptr);

  void feed(std::string_view bytes);  // bytes behind the end of the answer are a Failure: nothing is pipelined

  bool has_head() const { return state_ > State::kHead; }  // a parked long-poll gets just this
  bool complete() const { return state_ == State::kDone; }
  int status() const { return status_; }

 private:
  enum class State { kHead, kLength, kChunkSize, kChunkData, kChunkEnd, kTrailer, kDone };

  std::string_view take_head(std::string_view bytes);
  std::string_view take_line(std::string_view bytes);
  std::string_view take_data(std::string_view bytes);
  void read_head(std::string_view head);
  void read_line(std::string_view line);

  State state_ = State::kDone;
  int status_ = 0;
  uint64_t remaining_ = 0;  // of the body, or of the chunk
  std::string unfinished_;  // a head or line of which only the start has come
  std::string* body_ = nullptr;
};

}  // namespace viaduct::bench
