#include "net/http1_codec.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <string>
#include <utility>

#include "net/status_text.h"

namespace viaduct::net {
namespace {

constexpr Refusal kHeadTimeout{408, "", &Counters::head_timeouts};
constexpr Refusal kBodyTimeout{408, "", &Counters::body_timeouts};
constexpr Refusal kNoMemory{503, "", &Counters::memory_refusals};

void append_number(OutputQueue& out, uint64_t value, int base) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof(digits), value, base).ptr;
  out.append(std::string_view(digits, static_cast<size_t>(end - digits)));
}

}  // namespace

Http1Codec::Http1Codec(const CodecContext& context) : context_(context) {}

size_t Http1Codec::feed(Bytes in) {
  if (!wants_input()) return 0;
  if (body_stream_ != 0 && !parser_) {
    exchanges_.back().body->append(in);
    return in.size();
  }
  size_t skipped = 0;
  if (!parser_) {
    if (!skipped_line_ && in.starts_with("\r\n")) {  // RFC 9112, 2.2: one empty line is let pass
      skipped_line_ = true;
      skipped = 2;
      in.remove_prefix(2);
    }
    if (in.empty() || (!skipped_line_ && in == "\r")) return skipped;
    parser_ = Http1Parser::make(context_.limits, context_.planner);
  }
  const size_t used = parser_->feed(in);
  if (body_stream_ != 0) {
    collect_body();
  } else if (parser_->refusal()) {
    refuse(*parser_->refusal());
  } else {
    send_continue_if_due();
  }
  return skipped + used;
}

bool Http1Codec::wants_input() const {
  if (body_stream_ != 0) return has_room_for_body();
  return !closing_ && exchanges_.size() < context_.limits.pipelined_requests && !(parser_ && parser_->done()) &&
         output_.bytes() < context_.limits.output_pause_bytes;
}

bool Http1Codec::has_room_for_body() const {
  const StreamedBody& body = *exchanges_.back().body;
  return !body.is_paused() && body.size_bytes() < context_.limits.read_ahead_bytes;
}

// Moves what the parser has read of a streamed body to where its observer finds it.
void Http1Codec::collect_body() {
  if (parser_->refusal()) {
    (context_.counters.*parser_->refusal()->counter).add();
    return stop_now();
  }
  StreamedBody& body = *exchanges_.back().body;
  body.append(parser_->take_body());
  if (!parser_->done()) return;
  body.end();
  body_stream_ = 0;
  parser_.reset();
}

InputPhase Http1Codec::phase() const {
  if (!parser_ || parser_->done() || body_stream_ != 0) return InputPhase::kNone;
  return parser_->head_done() ? InputPhase::kBody : InputPhase::kHead;
}

uint64_t Http1Codec::body_bytes() const { return parser_ ? parser_->request().body.size() : 0; }

bool Http1Codec::may_hand_out() const {
  if (exchanges_.empty()) return true;
  return is_safe(parser_->request().method()) && exchanges_.back().safe;
}

std::optional<IncomingRequest> Http1Codec::next_request() {
  if (!parser_ || body_stream_ != 0) return std::nullopt;
  const bool streamed = parser_->head_done() && parser_->streams_body();
  if ((!parser_->done() && !streamed) || !may_hand_out()) return std::nullopt;
  std::string body = parser_->take_body();
  IncomingRequest incoming{next_stream_++, std::move(parser_->request())};
  skipped_line_ = continue_sent_ = false;
  const Request& request = incoming.request;
  context_.counters.requests.add();
  if (request.body_too_large) context_.counters.bodies_too_large.add();
  Exchange& exchange = exchanges_.emplace_back();
  exchange.stream = incoming.stream;
  exchange.is_head = request.method() == Method::kHead;
  exchange.version_10 = request.version < 11;
  exchange.keep_alive = request.keep_alive && !request.body_too_large;
  exchange.safe = is_safe(request.method());
  if (!exchange.keep_alive) closing_ = true;
  if (exchanges_.size() == context_.limits.pipelined_requests) context_.counters.pipeline_full.add();
  if (streamed) {
    exchange.body = std::make_unique<StreamedBody>();
    exchange.body->append(body);
    body_stream_ = exchange.stream;
    collect_body();
  } else {
    incoming.request.body = std::move(body);
    parser_.reset();
  }
  return incoming;
}

std::optional<IncomingBody> Http1Codec::next_body() {
  for (Exchange& exchange : exchanges_) {
    if (!exchange.answered && exchange.body && exchange.body->is_ready()) {
      return IncomingBody{exchange.stream, exchange.body->take()};
    }
  }
  return std::nullopt;
}

void Http1Codec::observe_body(StreamId stream, bool observed) {
  Exchange* exchange = find(stream);
  if (exchange && exchange->body) exchange->body->set_observed(observed);
}

void Http1Codec::pause_body(StreamId stream, bool paused) {
  Exchange* exchange = find(stream);
  if (exchange && exchange->body) exchange->body->set_paused(paused);
}

// Waits for its turn among the replies: the client must not take it for an earlier one.
void Http1Codec::send_continue_if_due() {
  if (!parser_ || continue_sent_ || !exchanges_.empty() || phase() != InputPhase::kBody) return;
  if (!parser_->expects_continue() || body_bytes() > 0) return;
  continue_sent_ = true;
  output_.append("HTTP/1.1 100 Continue\r\n\r\n");
}

void Http1Codec::stop_requests() {
  closing_ = true;
  body_stream_ = 0;
  parser_.reset();
}

// What was said so far is all that the client gets.
void Http1Codec::stop_now() {
  exchanges_.clear();
  stop_requests();
}

void Http1Codec::refuse(Refusal refusal) {
  (context_.counters.*refusal.counter).add();
  stop_requests();
  Exchange& exchange = exchanges_.emplace_back();
  exchange.stream = next_stream_++;
  exchange.keep_alive = false;
  reply(exchange.stream, refusal_reply(refusal));
}

void Http1Codec::end_input() {
  if (parser_ && parser_->done()) {
    closing_ = true;
  } else {
    stop_requests();
  }
}

void Http1Codec::give_up(GiveUp reason) {
  const InputPhase in = phase();
  if (in == InputPhase::kNone) return;
  switch (reason) {
    case GiveUp::kTooSlow:
      return refuse(in == InputPhase::kHead ? kHeadTimeout : kBodyTimeout);
    case GiveUp::kNoMemory:
      return refuse(kNoMemory);
  }
}

size_t Http1Codec::held_bytes() const {
  size_t bytes = output_.owned_bytes() + (parser_ ? parser_->request().size_bytes() : 0);
  for (const Exchange& exchange : exchanges_) {
    bytes += exchange.held.owned_bytes() + (exchange.body ? exchange.body->size_bytes() : 0);
  }
  return bytes;
}

void Http1Codec::shut_down() {
  if (!exchanges_.empty()) exchanges_.back().keep_alive = false;
  if (body_stream_ == 0) return stop_requests();
  closing_ = true;
}

Http1Codec::Exchange* Http1Codec::find(StreamId stream) {
  return const_cast<Exchange*>(std::as_const(*this).find(stream));
}

const Http1Codec::Exchange* Http1Codec::find(StreamId stream) const {
  for (const Exchange& exchange : exchanges_) {
    if (exchange.stream == stream) return exchange.answered ? nullptr : &exchange;
  }
  return nullptr;
}

bool Http1Codec::has_stream() const {
  return std::any_of(exchanges_.begin(), exchanges_.end(), [](const Exchange& exchange) {
    return !exchange.answered && (exchange.streaming || awaits_body(exchange));
  });
}

size_t Http1Codec::backlog(StreamId stream) const {
  const Exchange* exchange = find(stream);
  return exchange ? output_.bytes() + exchange->held.bytes() : 0;
}

OutputQueue& Http1Codec::output_of(Exchange& exchange) {
  return &exchange == &exchanges_.front() ? output_ : exchange.held;
}

void Http1Codec::begin_head(OutputQueue& out, const Exchange& exchange, int status, const ReplyHeaders& headers) {
  out.append(exchange.version_10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  append_number(out, static_cast<uint64_t>(status), 10);
  out.append(" ");
  out.append(status_text(status));
  out.append("\r\n");
  out.append(headers.lines());
  out.append(context_.common_headers);
}

void Http1Codec::end_head(OutputQueue& out, const Exchange& exchange) {
  if (!exchange.keep_alive) {
    out.append("Connection: close\r\n\r\n");
  } else {
    out.append(exchange.version_10 ? "Connection: keep-alive\r\n\r\n" : "\r\n");
  }
}

void Http1Codec::reply(StreamId stream, Reply&& reply) {
  Exchange* exchange = find(stream);
  if (!exchange || exchange->streaming) return;
  if (!reply.trailers.lines().empty() && !exchange->version_10) return reply_with_trailers(stream, std::move(reply));
  if (reply.close || awaits_body(*exchange)) {
    exchange->keep_alive = false;
    closing_ = true;
  }
  OutputQueue& out = output_of(*exchange);
  begin_head(out, *exchange, reply.status, reply.headers);
  if (allows_body(reply.status)) {
    out.append("Content-Length: ");
    append_number(out, view(reply.body).size(), 10);
    out.append("\r\n");
  }
  end_head(out, *exchange);
  if (!exchange->is_head && allows_body(reply.status)) out.append_body(std::move(reply.body));
  finish(*exchange);
}

// Only a chunked body has them.
void Http1Codec::reply_with_trailers(StreamId stream, Reply&& reply) {
  start_stream(stream, {reply.status, std::move(reply.headers), false});
  stream_chunk(stream, Blob(std::string(view(reply.body))));
  end_stream(stream, std::move(reply.trailers));
}

void Http1Codec::start_stream(StreamId stream, StreamHead&& head) {
  Exchange* exchange = find(stream);
  if (!exchange || exchange->streaming) return;
  exchange->streaming = true;
  if (exchange->version_10 && !exchange->is_head) {  // the end of the connection is the end of the body
    exchange->keep_alive = false;
    closing_ = true;
  }
  OutputQueue& out = output_of(*exchange);
  begin_head(out, *exchange, head.status, head.headers);
  if (is_chunked(*exchange)) out.append("Transfer-Encoding: chunked\r\n");
  end_head(out, *exchange);
}

void Http1Codec::stream_chunk(StreamId stream, const Blob& bytes) {
  Exchange* exchange = find(stream);
  if (!exchange || !exchange->streaming || exchange->is_head || bytes.size() == 0) return;
  OutputQueue& out = output_of(*exchange);
  if (is_chunked(*exchange)) {
    append_number(out, bytes.size(), 16);
    out.append("\r\n");
  }
  out.append_body(Body(bytes));
  if (is_chunked(*exchange)) out.append("\r\n");
}

void Http1Codec::end_stream(StreamId stream, ReplyHeaders&& trailers) {
  Exchange* exchange = find(stream);
  if (!exchange || !exchange->streaming) return;
  if (is_chunked(*exchange)) {
    OutputQueue& out = output_of(*exchange);
    out.append("0\r\n");
    out.append(trailers.lines());
    out.append("\r\n");
  }
  finish(*exchange);
}

void Http1Codec::reset(StreamId stream, uint32_t) {
  if (find(stream)) stop_now();
}

// What the client sends from now on is no request, and neither is what is left of this one.
void Http1Codec::upgrade(StreamId stream, ReplyHeaders&& headers) {
  Exchange* exchange = find(stream);
  if (!exchange || exchange->streaming || !exchange->body || exchange != &exchanges_.back()) return;
  stop_requests();
  exchange->streaming = exchange->raw = true;
  exchange->keep_alive = false;
  exchange->body->reopen();
  body_stream_ = stream;
  OutputQueue& out = output_of(*exchange);
  begin_head(out, *exchange, 101, headers);
  out.append("\r\n");
}

// Lets go of every leading exchange that is answered; what the next one has said so far moves up.
// A connection that ends with an answer says nothing behind it.
void Http1Codec::finish(Exchange& exchange) {
  exchange.answered = true;
  if (awaits_body(exchange)) exchange.keep_alive = false;
  while (!exchanges_.empty() && exchanges_.front().answered) {
    if (!exchanges_.front().keep_alive) return stop_now();
    exchanges_.erase(exchanges_.begin());
    if (!exchanges_.empty()) output_.splice(std::move(exchanges_.front().held));
  }
  send_continue_if_due();
}

}  // namespace viaduct::net
