// Reads one HTTP/1 request from bytes, strictly: what could be understood in two ways is refused.
// The one wrapper of Boost.Beast's parser.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "net/handler.h"
#include "net/limits.h"
#include "net/refusal.h"
#include "net/request.h"

namespace viaduct::net {

class Http1Parser {
 public:
  static std::unique_ptr<Http1Parser> make(const Limits& limits, const BodyPlanner& planner);
  virtual ~Http1Parser() = default;

  // Returns how many bytes were used; the rest must be offered again with more behind it. Not after done() or a
  // refusal.
  virtual size_t feed(Bytes in) = 0;

  bool head_done() const { return head_done_; }
  bool done() const { return done_; }
  const std::optional<Refusal>& refusal() const { return refusal_; }  // the connection ends with it
  bool expects_continue() const { return expects_continue_; }
  bool streams_body() const { return plan_.shape == BodyPlan::Shape::kStreamed; }  // once head_done()
  Request& request() { return request_; }
  const Request& request() const { return request_; }
  std::string take_body() { return std::exchange(request_.body, {}); }  // what was read of it since

 protected:
  Request request_;
  BodyPlan plan_;
  std::optional<Refusal> refusal_;
  bool head_done_ = false;
  bool done_ = false;
  bool expects_continue_ = false;
};

}  // namespace viaduct::net
