#include "bench/response_parser.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

#include "bench/failure.h"

namespace viaduct::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLineEnd = "\r\n";

bool starts_with(std::string_view line, std::string_view name) {
  return line.size() >= name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

uint64_t number(std::string_view text, int base) {
  uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value, base).ec != std::errc()) {
    throw Failure("not a number in an answer: " + std::string(text));
  }
  return value;
}

}  // namespace

void ResponseParser::expect(std::string* body) {
  state_ = State::kHead;
  unfinished_.clear();
  body_ = body;
}

void ResponseParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::kHead:
        bytes = take_head(bytes);
        break;
      case State::kLength:
      case State::kChunkData:
        bytes = take_data(bytes);
        break;
      case State::kChunkSize:
      case State::kChunkEnd:
      case State::kTrailer:
        bytes = take_line(bytes);
        break;
      case State::kDone:
        throw Failure("bytes behind an answer: " + std::string(bytes.substr(0, 100)));
    }
  }
}

std::string_view ResponseParser::take_head(std::string_view bytes) {
  if (const size_t end = unfinished_.empty() ? bytes.find(kHeadEnd) : std::string_view::npos; end != bytes.npos) {
    read_head(bytes.substr(0, end + kLineEnd.size()));  // the usual case: no copy
    return bytes.substr(end + kHeadEnd.size());
  }
  const size_t had = unfinished_.size();
  unfinished_ += bytes;
  const size_t end = unfinished_.find(kHeadEnd);
  if (end == std::string::npos) return {};
  read_head(std::string_view(unfinished_).substr(0, end + kLineEnd.size()));
  unfinished_.clear();
  return bytes.substr(end + kHeadEnd.size() - had);
}

void ResponseParser::read_head(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!starts_with(head, kVersion)) throw Failure("not an answer: " + std::string(head.substr(0, 100)));
  status_ = static_cast<int>(number(head.substr(kVersion.size(), 3), 10));
  remaining_ = 0;
  state_ = State::kLength;
  for (size_t begin = head.find(kLineEnd) + kLineEnd.size(); begin < head.size();) {
    constexpr std::string_view kLength = "Content-Length: ";
    constexpr std::string_view kChunked = "Transfer-Encoding: chunked";
    const std::string_view line = head.substr(begin, head.find(kLineEnd, begin) - begin);
    if (starts_with(line, kLength)) remaining_ = number(line.substr(kLength.size()), 10);
    if (starts_with(line, kChunked)) state_ = State::kChunkSize;
    begin += line.size() + kLineEnd.size();
  }
  if (state_ == State::kLength && remaining_ == 0) state_ = State::kDone;
}

std::string_view ResponseParser::take_data(std::string_view bytes) {
  const size_t taken = std::min<uint64_t>(remaining_, bytes.size());
  if (body_ != nullptr) body_->append(bytes.substr(0, taken));
  remaining_ -= taken;
  if (remaining_ == 0) state_ = state_ == State::kLength ? State::kDone : State::kChunkEnd;
  return bytes.substr(taken);
}

std::string_view ResponseParser::take_line(std::string_view bytes) {
  const size_t end = bytes.find('\n');
  unfinished_ += bytes.substr(0, end);
  if (end == std::string_view::npos) return {};
  if (!unfinished_.empty() && unfinished_.back() == '\r') unfinished_.pop_back();
  read_line(unfinished_);
  unfinished_.clear();
  return bytes.substr(end + 1);
}

void ResponseParser::read_line(std::string_view line) {
  if (state_ == State::kChunkSize) {
    remaining_ = number(line, 16);
    state_ = remaining_ == 0 ? State::kTrailer : State::kChunkData;
  } else if (state_ == State::kChunkEnd) {
    state_ = State::kChunkSize;
  } else if (line.empty()) {
    state_ = State::kDone;  // the empty line behind the trailers
  }
}

}  // namespace viaduct::bench
