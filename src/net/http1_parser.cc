#include "net/http1_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/error_code.hpp>
#include <limits>

#include "net/target.h"

namespace viaduct::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

// The shortest end of a chunked body, "0\r\n\r\n". Beast asserts that it gets so much of it at a time.
constexpr size_t kLastChunkBytes = 5;
constexpr size_t kChunkExtensionBytes = 256;
constexpr size_t kBodyReserveBytes = 64 << 10;  // more only as it arrives: a length alone costs the sender nothing

constexpr Refusal kBadRequest{400, "", &Counters::bad_requests};
constexpr Refusal kMissingHost{400, "missing required Host header", &Counters::bad_requests};
constexpr Refusal kMalformedHost{400, "malformed Host header", &Counters::bad_requests};
constexpr Refusal kBadFieldName{400, "invalid header name", &Counters::bad_requests};
constexpr Refusal kBadFieldValue{400, "invalid header value", &Counters::bad_requests};
constexpr Refusal kLineTooLong{414, "", &Counters::request_line_too_long};
constexpr Refusal kBadExpectation{417, "", &Counters::bad_expectations};
constexpr Refusal kListTooLarge{431, "", &Counters::header_list_too_large};
constexpr Refusal kFieldTooLarge{431, "", &Counters::header_field_too_large};
constexpr Refusal kTooManyFields{431, "", &Counters::too_many_headers};
constexpr Refusal kBadCoding{501, "Unsupported transfer encoding", &Counters::bad_transfer_codings};
constexpr Refusal kBadVersion{505, "", &Counters::bad_versions};

std::string_view std_view(string_view text) { return {text.data(), text.size()}; }

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// What RFC 3986 lets stand in a host with a port.
bool is_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return is_decimal(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && std::string_view("!$%&'()*+,-.:;=[]_~").find(c) != std::string_view::npos);
  });
}

// Whether the first line of `in` ends in a well-formed HTTP version, whichever.
bool has_version(Bytes in) {
  const std::string_view line = in.substr(0, in.find('\n'));
  if (line.size() < 10) return false;
  const std::string_view end = line.substr(line.size() - 10);
  return end.starts_with(" HTTP/") && is_decimal(end[6]) && end[7] == '.' && is_decimal(end[8]) && end[9] == '\r';
}

const Refusal& refusal_for(const error_code& error, Bytes in) {
  if (error == http::error::bad_version && has_version(in)) return kBadVersion;
  if (error == http::error::bad_field) return kBadFieldName;
  if (error == http::error::bad_value) return kBadFieldValue;
  return kBadRequest;
}

class BeastParser final : public Http1Parser, private http::basic_parser<true> {
 public:
  BeastParser(const Limits& limits, const BodyPlanner& planner) : limits_(limits), planner_(planner) {
    Parser::body_limit(boost::none);
    header_limit(std::numeric_limits<uint32_t>::max());  // counted here instead, each limit with its own answer
  }

  size_t feed(Bytes in) override {
    if (line_bytes_ == 0 && !line_fits(in)) return 0;
    size_t used = 0;
    for (bool more = true; more && used < in.size() && !done_ && !refusal_;) {
      const Bytes rest = in.substr(used);
      if (head_done_ && chunked() && rest.size() < kLastChunkBytes) break;
      error_code error;
      const size_t taken = put(boost::asio::const_buffer(rest.data(), rest.size()), error);
      used += taken;
      if (!head_counted_) count_head(taken, rest.size() - taken);
      if (error == http::error::need_more) {
        more = false;
        // Only the line of a chunk's size and trailers can be left over here.
        if (head_done_ && in.size() - used > limits_.header_list_bytes) refuse(kBadRequest);
      } else if (error && !done_ && !refusal_) {
        refuse(refusal_for(error, in));
      }
    }
    return used;
  }

 private:
  using Parser = http::basic_parser<true>;

  void refuse(const Refusal& refusal) { refusal_ = refusal; }

  // Makes the parser return at once; refusal_ or done_ says why.
  static void abort(error_code& error) { error = http::error::end_of_stream; }
  void refuse(const Refusal& refusal, error_code& error) {
    refuse(refusal);
    abort(error);
  }

  // True when the whole request line is there.
  bool line_fits(Bytes in) {
    const size_t end = in.substr(0, limits_.request_line_bytes).find('\n', line_scanned_);
    if (end != Bytes::npos) {
      line_bytes_ = end + 1;
      return true;
    }
    line_scanned_ = std::min(in.size(), limits_.request_line_bytes);
    if (in.size() >= limits_.request_line_bytes) refuse(kLineTooLong);
    return false;
  }

  // The header list is what stands between the request line and the empty line.
  void count_head(size_t taken, size_t left) {
    head_taken_ += taken;
    head_counted_ = head_done_;
    const size_t seen = head_taken_ + (head_done_ ? 0 : left);
    if (seen > line_bytes_ + limits_.header_list_bytes + 2 && !refusal_) {
      done_ = false;
      refuse(kListTooLarge);
    }
  }

  void on_request_impl(http::verb, string_view method, string_view target, int version, error_code& error) override {
    request_.set_line(std_view(method), std_view(target));
    request_.version = version;
    const bool asterisk = request_.target() == "*";
    if (!split_target(request_.target()) || !has_valid_escapes(request_.raw_path()) ||
        (asterisk && request_.method() != Method::kOptions)) {
      refuse(kBadRequest, error);
    }
  }

  void on_response_impl(int, string_view, int, error_code&) override {}

  void on_field_impl(http::field id, string_view name, string_view value, error_code& error) override {
    if (++field_count_ > limits_.header_count) return refuse(kTooManyFields, error);
    if (name.size() + value.size() + 4 > limits_.header_field_bytes) return refuse(kFieldTooLarge, error);
    if (head_done_) return;  // a trailer: counted, not kept
    request_.add_header(std_view(name), std_view(value));
    switch (id) {
      case http::field::host:
        return check_host(std_view(value), error);
      case http::field::content_length:
        return check_length(std_view(value), error);
      case http::field::transfer_encoding:
        return check_coding(std_view(value), error);
      case http::field::expect:
        return check_expectation(std_view(value), error);
      default:
        return;
    }
  }

  void check_host(std::string_view value, error_code& error) {
    if (has_host_) return refuse(kBadRequest, error);
    has_host_ = true;
    if (!is_host(value)) refuse(kMalformedHost, error);
  }

  // One length, digits only: two parties must not find different ends of this request.
  void check_length(std::string_view value, error_code& error) {
    if (has_length_ || !std::all_of(value.begin(), value.end(), is_decimal)) return refuse(kBadRequest, error);
    has_length_ = true;
  }

  void check_coding(std::string_view value, error_code& error) {
    if (request_.version < 11) return refuse(kBadRequest, error);
    if (!equals_ignoring_case(value, "chunked")) refuse(kBadCoding, error);
  }

  void check_expectation(std::string_view value, error_code& error) {
    if (request_.version < 11) return;
    if (!equals_ignoring_case(value, "100-continue")) return refuse(kBadExpectation, error);
    expects_continue_ = true;
  }

  void on_header_impl(error_code& error) override {
    if (request_.version >= 11 && !has_host_) return refuse(kMissingHost, error);
    request_.keep_alive = keep_alive();
    head_done_ = true;
    plan_ = planner_.body_plan(request_);
    if (is_beyond_limit(content_length().value_or(0))) finish_too_large(error);
  }

  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
    request_.body.reserve(std::min<uint64_t>(length.value_or(0), kBodyReserveBytes));
  }

  size_t on_body_impl(string_view body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_chunk_header_impl(uint64_t size, string_view extensions, error_code& error) override {
    if (extensions.size() > kChunkExtensionBytes) return refuse(kBadRequest, error);
    if (is_beyond_limit(size)) finish_too_large(error);
  }

  size_t on_chunk_body_impl(uint64_t, string_view body, error_code& error) override {
    return on_body_impl(body, error);
  }

  void on_finish_impl(error_code&) override { done_ = true; }

  // gRPC does not come over HTTP/1, so that its one message is no different from a whole body here.
  bool is_beyond_limit(uint64_t more) const {
    return !streams_body() && more > plan_.limit_bytes - request_.body.size();
  }

  void finish_too_large(error_code& error) {
    request_.body_too_large = true;
    done_ = true;
    abort(error);
  }

  const Limits& limits_;
  const BodyPlanner& planner_;
  size_t line_scanned_ = 0;  // bytes of an incomplete request line that hold no line end
  size_t line_bytes_ = 0;
  size_t head_taken_ = 0;
  size_t field_count_ = 0;
  bool head_counted_ = false;
  bool has_host_ = false;
  bool has_length_ = false;
};

}  // namespace

std::unique_ptr<Http1Parser> Http1Parser::make(const Limits& limits, const BodyPlanner& planner) {
  return std::make_unique<BeastParser>(limits, planner);
}

}  // namespace viaduct::net
