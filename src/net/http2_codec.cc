#include "net/http2_codec.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/http2_callbacks.h"

namespace viaduct::net {
namespace {

constexpr int32_t kConnectionWindowBytes = 4 << 20;  // for all streams of a connection
constexpr uint32_t kStreamWindowBytes = 1 << 20;

constexpr size_t kMessagePrefixBytes = 5;  // of gRPC: a flag, and the length in four bytes
constexpr size_t kSpareStreams = 64;

constexpr Offence kContinuations{NGHTTP2_ENHANCE_YOUR_CALM, "too_many_continuations", &Counters::http2_continuations};
constexpr Offence kMalformed{NGHTTP2_PROTOCOL_ERROR, "", &Counters::bad_requests};
constexpr Offence kHeadTimeout{NGHTTP2_ENHANCE_YOUR_CALM, "header_timeout", &Counters::head_timeouts};
constexpr Offence kNoMemory{NGHTTP2_ENHANCE_YOUR_CALM, "out_of_memory", &Counters::memory_refusals};

}  // namespace

Http2Codec::Http2Codec(const CodecContext& context)
    : context_(context),
      session_(Callbacks::make_session(*this)),
      conduct_(context.limits, context.now),
      keepalive_(context.limits, context.now),
      head_(context.limits) {
  const Limits& limits = context_.limits;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(limits.http2_streams)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits.header_list_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
  prepare_output();  // at once: SETTINGS come first (RFC 9113, 3.4), even when the client's first bytes are fatal
}

Http2Codec::~Http2Codec() { nghttp2_session_del(session_); }

// ---- Input

size_t Http2Codec::feed(Bytes in) {
  if (in.empty() || !wants_input()) return 0;
  keepalive_.on_heard(context_.now);
  const ssize_t used = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(in.data()), in.size());
  if (dead_) return in.size();
  if (used < 0) {
    fail(used == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS ? kContinuations : kMalformed);
  } else {
    allow(conduct_.on_queued(nghttp2_session_get_outbound_queue_size(session_)));
  }
  return in.size();
}

bool Http2Codec::wants_input() const { return !done() && has_room(); }

InputPhase Http2Codec::phase() const { return head_stream_ != 0 || !greeted_ ? InputPhase::kHead : InputPhase::kNone; }

bool Http2Codec::on_frame_begun(uint8_t type, uint8_t flags, size_t payload_bytes) {
  return allow(conduct_.on_frame(type, flags, payload_bytes, context_.now));
}

bool Http2Codec::on_ping() { return allow(keepalive_.on_ping(context_.now, !streams_.empty())); }

bool Http2Codec::open_stream(StreamId id) {
  if (streams_.size() >= context_.limits.http2_streams) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(id), NGHTTP2_REFUSED_STREAM);
    return false;
  }
  std::unique_ptr<Stream>& stream = streams_[id];
  if (spare_.empty()) {
    stream = std::make_unique<Stream>();
  } else {
    stream = std::move(spare_.back());
    spare_.pop_back();
  }
  stream->id = id;
  head_stream_ = id;
  rules_.begin();
  head_.begin();
  return true;
}

bool Http2Codec::add_field(StreamId id, bool in_head, std::string_view name, std::string_view value) {
  const bool well_formed = in_head ? rules_.add(name, value) : Http2Rules::is_trailer(name, value);
  if (!well_formed) reject(id);
  if (well_formed && in_head) head_.add(name, value);
  return well_formed;
}

// nghttp2 tells nothing more of the stream.
void Http2Codec::reject(StreamId id) {
  context_.counters.bad_requests.add();
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(id), NGHTTP2_PROTOCOL_ERROR);
}

void Http2Codec::end_head(StreamId id, bool request_ended) {
  head_stream_ = 0;
  Stream* stream = find(id);
  if (!stream) return;
  if (!rules_.complete()) return reject(id);
  stream->client_ended = request_ended;
  stream->bytes_to_come = rules_.content_length();
  stream->request = head_.finish();
  stream->is_head = stream->request.method() == Method::kHead;
  if (head_.refusal()) return refuse(*stream, *head_.refusal());
  stream->plan = context_.planner.body_plan(stream->request);
  if (stream->plan.shape == BodyPlan::Shape::kStreamed) {
    stream->body = std::make_unique<StreamedBody>();
    hand_out(*stream);
  } else if (!request_ended) {
    stream->progress = Stream::Progress::kBody;
    stream->since = context_.now;
    check_at(deadline(*stream));
  }
  if (request_ended) end_body(*stream);
}

void Http2Codec::refuse(Stream& stream, const Refusal& refusal) {
  (context_.counters.*refusal.counter).add();
  stream.progress = Stream::Progress::kRefused;
  answer(stream, refusal_reply(refusal));
}

// The window of the connection grows again at once, so that no stream holds up another; that of the stream when its
// bytes are taken, or are dropped, or are kept within the limit of its plan.
void Http2Codec::add_body(StreamId id, Bytes bytes) {
  nghttp2_session_consume_connection(session_, bytes.size());
  Stream* stream = find(id);
  if (!stream) return;
  if (!has_right_length(*stream, bytes.size(), false)) return reject(id);
  if (stream->body && !stream->finished) {
    stream->body->append(bytes);
    body_bytes_ += bytes.size();
    return offer_body(*stream);
  }
  nghttp2_session_consume_stream(session_, static_cast<int32_t>(id), bytes.size());
  if (stream->progress != Stream::Progress::kBody) return;
  stream->request.body.append(bytes);
  body_bytes_ += bytes.size();
  if (is_body_complete(*stream)) hand_out(*stream);
}

// Whether there is enough of it to hand the request out before the client ends it.
bool Http2Codec::is_body_complete(Stream& stream) {
  std::string& body = stream.request.body;
  const uint64_t limit = stream.plan.limit_bytes;
  uint64_t size = body.size();
  if (stream.plan.shape == BodyPlan::Shape::kOneMessage) {
    if (body.size() < kMessagePrefixBytes) return false;
    size = ByteReader(Bytes(body).substr(1)).take_be32();
  }
  stream.request.body_too_large = size > limit;
  if (stream.request.body_too_large) return true;
  if (stream.plan.shape != BodyPlan::Shape::kOneMessage || body.size() < kMessagePrefixBytes + size) return false;
  body_bytes_ -= body.size() - (kMessagePrefixBytes + size);
  body.resize(kMessagePrefixBytes + size);
  return true;
}

bool Http2Codec::has_right_length(Stream& stream, size_t more, bool ends) {
  if (!stream.bytes_to_come) return true;
  if (more > *stream.bytes_to_come) return false;
  *stream.bytes_to_come -= more;
  return !ends || *stream.bytes_to_come == 0;
}

void Http2Codec::end_body(Stream& stream) {
  stream.client_ended = true;
  if (!has_right_length(stream, 0, true)) return reject(stream.id);
  if (stream.body) {
    stream.body->end();
    offer_body(stream);
  } else if (stream.progress == Stream::Progress::kHead || stream.progress == Stream::Progress::kBody) {
    hand_out(stream);
  }
}

void Http2Codec::hand_out(Stream& stream) {
  stream.progress = Stream::Progress::kReady;
  ready_.push_back(stream.id);
}

std::optional<IncomingRequest> Http2Codec::next_request() {
  while (!ready_.empty() && !dead_) {
    Stream* stream = find(ready_.front());
    ready_.pop_front();
    if (!stream) continue;  // reset meanwhile
    stream->progress = Stream::Progress::kTaken;
    body_bytes_ -= stream->request.body.size();
    context_.counters.requests.add();
    if (stream->request.body_too_large) context_.counters.bodies_too_large.add();
    return IncomingRequest{stream->id, std::move(stream->request)};
  }
  return std::nullopt;
}

void Http2Codec::offer_body(Stream& stream) {
  if (stream.body_listed || !stream.has_body_reader() || !stream.body->is_ready()) return;
  stream.body_listed = true;
  bodies_.push_back(stream.id);
}

std::optional<IncomingBody> Http2Codec::next_body() {
  while (!bodies_.empty() && !dead_) {
    Stream* stream = find(bodies_.front());
    bodies_.pop_front();
    if (!stream) continue;
    stream->body_listed = false;
    if (!stream->has_body_reader() || !stream->body->is_ready()) continue;
    IncomingBody incoming{stream->id, stream->body->take()};
    body_bytes_ -= incoming.piece.bytes.size();
    nghttp2_session_consume_stream(session_, static_cast<int32_t>(stream->id), incoming.piece.bytes.size());
    return incoming;
  }
  return std::nullopt;
}

void Http2Codec::observe_body(StreamId id, bool observed) {
  Stream* stream = find(id);
  if (!stream || !stream->body) return;
  stream->body->set_observed(observed);
  offer_body(*stream);
}

void Http2Codec::pause_body(StreamId id, bool paused) {
  Stream* stream = find(id);
  if (!stream || !stream->body) return;
  stream->body->set_paused(paused);
  offer_body(*stream);
}

// A client that closes its side of the connection has no use for the other.
void Http2Codec::end_input() { die(); }

void Http2Codec::give_up(GiveUp reason) {
  switch (reason) {
    case GiveUp::kTooSlow:
      fail(kHeadTimeout);
      return;
    case GiveUp::kNoMemory:
      fail(kNoMemory);
      return;
  }
}

void Http2Codec::shut_down() {
  if (dead_ || std::exchange(shutting_down_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

bool Http2Codec::done() const {
  return dead_ || (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

// ---- Ends of streams, and of the connection

Http2Codec::Stream* Http2Codec::find(StreamId id) const {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

Http2Codec::Stream* Http2Codec::find_open(StreamId id) const {
  Stream* stream = dead_ ? nullptr : find(id);
  return stream && stream->awaits_handler() && !stream->gone ? stream : nullptr;
}

bool Http2Codec::is_open(StreamId id) const { return find_open(id) != nullptr; }

// What was kept of it is of no use any more.
void Http2Codec::drop(Stream& stream) {
  pending_bytes_ -= stream.pending.bytes();
  stream.pending = OutputQueue();
  body_bytes_ -= stream.request.body.size() + (stream.body ? stream.body->size_bytes() : 0);
  stream.request = Request();
  stream.body.reset();
}

void Http2Codec::lose(Stream& stream) {
  if (!stream.awaits_handler() || std::exchange(stream.gone, true)) return;
  drop(stream);
  gone_.push_back(stream.id);
}

std::optional<StreamId> Http2Codec::next_gone() {
  if (gone_.empty()) return std::nullopt;
  const StreamId id = gone_.front();
  gone_.pop_front();
  return id;
}

void Http2Codec::forget(StreamId id) {
  Stream* stream = find(id);
  if (stream && stream->gone) finish(*stream);
}

void Http2Codec::finish(Stream& stream) {
  if (stream.streaming) --streaming_;
  stream.streaming = false;
  stream.finished = true;
  if (stream.closed) erase(stream);
}

void Http2Codec::on_closed(StreamId id) {
  if (id == head_stream_) head_stream_ = 0;
  Stream* stream = find(id);
  if (!stream) return;
  stream->closed = true;
  if (stream->awaits_handler()) {
    lose(*stream);
  } else {
    erase(*stream);
  }
}

void Http2Codec::erase(Stream& stream) {
  drop(stream);
  const auto found = streams_.find(stream.id);
  std::unique_ptr<Stream> empty = std::move(found->second);
  streams_.erase(found);
  if (spare_.size() == kSpareStreams) return;
  *empty = Stream();
  spare_.push_back(std::move(empty));
}

std::vector<StreamId> Http2Codec::sorted_streams() const {
  std::vector<StreamId> ids;
  ids.reserve(streams_.size());
  for (const auto& [id, stream] : streams_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

// nghttp2 is not asked any more, so that this works in the middle of its calls too. The output always ends with a
// frame.
bool Http2Codec::fail(const Offence& offence) {
  if (dead_) return false;
  (context_.counters.*offence.counter).add();
  constexpr uint32_t kFixedBytes = 8;
  std::string frame;
  put_be32(frame, static_cast<uint32_t>(kFixedBytes + offence.detail.size()) << 8 | NGHTTP2_GOAWAY);
  frame.push_back(NGHTTP2_FLAG_NONE);
  put_be32(frame, 0);
  put_be32(frame, static_cast<uint32_t>(nghttp2_session_get_last_proc_stream_id(session_)));
  put_be32(frame, offence.error_code);
  frame.append(offence.detail);
  output_.append(frame);
  die();
  return false;
}

void Http2Codec::die() {
  if (std::exchange(dead_, true)) return;
  for (const StreamId id : sorted_streams()) lose(*find(id));
}

// ---- Deadlines

TimePoint Http2Codec::deadline(const Stream& stream) const {
  const Limits& limits = context_.limits;
  if (stream.progress == Stream::Progress::kBody) {
    const uint64_t rate = std::max<uint64_t>(limits.body_bytes_per_second, 1);
    return stream.since + limits.body_grace + std::chrono::milliseconds(stream.request.body.size() * 1000 / rate);
  }
  const bool owed = stream.finished && !stream.closed && !stream.pending.empty();
  return owed ? stream.since + limits.write_stall_time : kNever;
}

void Http2Codec::check_streams() {
  check_at_ = kNever;
  for (const StreamId id : sorted_streams()) {
    Stream& stream = *find(id);
    const TimePoint at = deadline(stream);
    if (at > context_.now) {
      check_at(at);
      continue;
    }
    Counters& counters = context_.counters;
    (stream.progress == Stream::Progress::kBody ? counters.body_timeouts : counters.write_stalls).add();
    drop(stream);
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(id), NGHTTP2_CANCEL);
  }
}

TimePoint Http2Codec::next_deadline() const { return dead_ ? kNever : std::min(keepalive_.next(), check_at_); }

void Http2Codec::on_deadline() {
  if (dead_) return;
  switch (keepalive_.step(context_.now)) {
    case Http2Keepalive::Step::kNone:
      break;
    case Http2Keepalive::Step::kPing:
      nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
      break;
    case Http2Keepalive::Step::kClose:
      context_.counters.http2_silent.add();
      output_ = OutputQueue();
      return die();
  }
  if (check_at_ <= context_.now) check_streams();
}

}  // namespace viaduct::net
