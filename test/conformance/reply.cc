#include "test/conformance/reply.h"

#include <algorithm>
#include <cstdlib>

namespace viaduct::conformance {

std::string Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

void ReplyParser::feed(std::string_view bytes) {
  pending_ += bytes;
  while (!complete() && !broken() && advance()) {
  }
}

void ReplyParser::end_of_stream() {
  if (state_ == State::kUntilClose) {
    state_ = State::kComplete;
  } else if (state_ != State::kComplete) {
    state_ = State::kBroken;
  }
}

bool ReplyParser::advance() {
  switch (state_) {
    case State::kHead:
      return read_head();
    case State::kLength:
      return read_counted(State::kComplete);
    case State::kChunkSize:
      return read_chunk_size();
    case State::kChunk:
      return read_counted(State::kChunkSize);
    case State::kTrailer:
      return read_trailer();
    case State::kUntilClose:
      reply_.body += take_rest();
      return false;
    case State::kComplete:
    case State::kBroken:
      return false;
  }
  return false;
}

bool ReplyParser::read_head() {
  const size_t end = pending_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (!pending_.empty() && !std::string_view("HTTP/").starts_with(std::string_view(pending_).substr(0, 5))) {
      state_ = State::kBroken;
    }
    return false;
  }
  std::string_view head = std::string_view(pending_).substr(0, end + 2);
  const auto take_head_line = [&head] {
    const size_t at = head.find("\r\n");
    const std::string line(head.substr(0, at));
    head.remove_prefix(at + 2);
    return line;
  };
  reply_.status_line = take_head_line();
  const size_t space = reply_.status_line.find(' ');
  reply_.status = space == std::string::npos ? 0 : std::atoi(reply_.status_line.c_str() + space);
  reply_.headers.clear();
  while (!head.empty()) {
    const std::string line = take_head_line();
    const size_t colon = std::min(line.find(": "), line.size());
    reply_.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
  }
  pending_.erase(0, end + 4);
  if (reply_.status / 100 == 1) {
    ++reply_.interim;
    return true;
  }
  state_ = framing();
  return true;
}

ReplyParser::State ReplyParser::framing() {
  if (answers_head_ || reply_.status == 204 || reply_.status == 304) return State::kComplete;
  if (reply_.header("Transfer-Encoding") == "chunked") return State::kChunkSize;
  const std::string length = reply_.header("Content-Length");
  if (length.empty()) return State::kUntilClose;
  left_ = std::strtoull(length.c_str(), nullptr, 10);
  return left_ == 0 ? State::kComplete : State::kLength;
}

bool ReplyParser::read_chunk_size() {
  // The CRLF that ends the previous chunk comes before the next size.
  const size_t begin = pending_.starts_with("\r\n") ? 2 : 0;
  const size_t end = pending_.find("\r\n", begin);
  if (end == std::string::npos) return false;
  left_ = std::strtoull(pending_.substr(begin, end - begin).c_str(), nullptr, 16);
  pending_.erase(0, end + (left_ == 0 ? 0 : 2));
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  return true;
}

bool ReplyParser::read_counted(State next) {
  const size_t count = std::min(left_, pending_.size());
  reply_.body.append(pending_, 0, count);
  pending_.erase(0, count);
  left_ -= count;
  if (left_ == 0) state_ = next;
  return left_ == 0;
}

bool ReplyParser::read_trailer() {
  const size_t end = pending_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  pending_.erase(0, end + 4);
  state_ = State::kComplete;
  return true;
}

std::string ReplyParser::take_line() {
  const size_t end = reply_.body.find('\n', taken_);
  if (end == std::string::npos) return {};
  const std::string line = reply_.body.substr(taken_, end + 1 - taken_);
  taken_ = end + 1;
  return line;
}

std::string ReplyParser::take_body() {
  const std::string rest = reply_.body.substr(taken_);
  taken_ = reply_.body.size();
  return rest;
}

}  // namespace viaduct::conformance
