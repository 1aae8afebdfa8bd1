#include "net/http2_head.h"

#include <utility>

#include "net/target.h"

namespace viaduct::net {
namespace {

constexpr Refusal kBadRequest{400, "", &Counters::bad_requests};
constexpr Refusal kLineTooLong{414, "", &Counters::request_line_too_long};
constexpr Refusal kListTooLarge{431, "", &Counters::header_list_too_large};
constexpr Refusal kFieldTooLarge{431, "", &Counters::header_field_too_large};
constexpr Refusal kTooManyFields{431, "", &Counters::too_many_headers};

constexpr size_t kAroundLineBytes = std::string_view("  HTTP/1.1\r\n").size();  // as if it had come over HTTP/1
constexpr size_t kAroundFieldBytes = std::string_view(": \r\n").size();

}  // namespace

void Http2Head::begin() {
  refusal_.reset();
  method_.clear();
  path_.clear();
  authority_.clear();
  list_bytes_ = 0;
  in_fields_ = false;
}

void Http2Head::add(std::string_view name, std::string_view value) {
  if (refusal_) return;
  if (name.starts_with(':')) return add_pseudo(name, value);
  begin_fields();
  if (name == "host" && !authority_.empty()) return;  // RFC 9113, 8.3.1: the authority goes before it
  const size_t bytes = name.size() + value.size() + kAroundFieldBytes;
  list_bytes_ += bytes;
  if (request_.header_count() == limits_.header_count) return refuse(kTooManyFields);
  if (bytes > limits_.header_field_bytes) return refuse(kFieldTooLarge);
  if (list_bytes_ > limits_.header_list_bytes) return refuse(kListTooLarge);
  request_.add_header(name, value);
}

void Http2Head::add_pseudo(std::string_view name, std::string_view value) {
  if (value.size() > limits_.request_line_bytes) return refuse(kLineTooLong);
  if (name == ":method") method_ = value;
  if (name == ":path") path_ = value;
  if (name == ":authority") authority_ = value;
}

void Http2Head::begin_fields() {
  if (in_fields_) return;
  in_fields_ = true;
  request_ = Request();
  request_.set_line(method_, path_);
  if (authority_.empty()) return;
  request_.add_header("host", authority_);
  list_bytes_ = std::string_view("host").size() + authority_.size() + kAroundFieldBytes;
}

Request Http2Head::finish() {
  if (!refusal_) begin_fields();
  if (!refusal_ && method_.size() + path_.size() + kAroundLineBytes > limits_.request_line_bytes) refuse(kLineTooLong);
  if (refusal_) return Request();
  const bool asterisk = path_ == "*";
  const bool absolute = path_.starts_with('/');
  if (!absolute && !(asterisk && request_.method() == Method::kOptions)) refuse(kBadRequest);
  if (!has_valid_escapes(request_.raw_path())) refuse(kBadRequest);
  request_.version = 20;
  return std::move(request_);
}

}  // namespace viaduct::net
