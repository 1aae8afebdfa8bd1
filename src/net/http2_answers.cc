// What goes out: answers as frames, and what is left of them.
#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "net/http2_callbacks.h"
#include "net/http2_codec.h"
#include "net/http2_fields.h"
#include "net/status_text.h"

namespace viaduct::net {
namespace {

constexpr Offence kInternal{NGHTTP2_INTERNAL_ERROR, "", &Counters::bad_requests};

constexpr size_t kFrameAheadBytes = 128 << 10;  // framed and not written; beyond it streams keep what they have

// Fields for nghttp2, which copies them and puts names into lower case.
class Fields {
 public:
  void add(std::string_view name, std::string_view value) {
    fields_.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  void add_lines(std::string_view lines) {
    for_each_http2_field(lines, [this](std::string_view name, std::string_view value) { add(name, value); });
  }
  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  static uint8_t* bytes(std::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); }

  absl::InlinedVector<nghttp2_nv, 16> fields_;
};

struct Digits {
  explicit Digits(uint64_t value) : end(std::to_chars(text, text + sizeof(text), value).ptr) {}
  std::string_view view() const { return {text, static_cast<size_t>(end - text)}; }
  char text[20];
  const char* end;
};

}  // namespace

bool Http2Codec::has_room() const { return output_.bytes() < kFrameAheadBytes; }

// A handler that answers a stream which is gone has done with it.
Http2Codec::Stream* Http2Codec::speak_on(StreamId id) {
  Stream* stream = find(id);
  if (!stream || !stream->awaits_handler()) return nullptr;
  if (!stream->gone) return stream;
  finish(*stream);
  return nullptr;
}

void Http2Codec::reply(StreamId id, Reply&& reply) {
  Stream* stream = speak_on(id);
  if (stream && !stream->started) answer(*stream, std::move(reply));
}

void Http2Codec::answer(Stream& stream, Reply&& reply) {
  const bool may_have_body = allows_body(reply.status);
  const size_t size = view(reply.body).size();
  const bool has_body = may_have_body && !stream.is_head && size > 0;
  if (has_body) {
    stream.pending.append_body(std::move(reply.body));
    pending_bytes_ += size;
    stream.since = context_.now;
    check_at(stream.since + context_.limits.write_stall_time);
  }
  if (!stream.is_head) stream.trailers = std::move(reply.trailers);
  std::optional<uint64_t> length;
  if (may_have_body && !reply.bare) length = size;
  submit_head(stream, {reply.status, std::move(reply.headers), reply.bare}, length,
              has_body || !stream.trailers.lines().empty());
  finish(stream);
  if (reply.close) shut_down();
}

void Http2Codec::start_stream(StreamId id, StreamHead&& head) {
  Stream* stream = find_open(id);
  if (!stream || stream->started) return;
  stream->streaming = true;
  ++streaming_;
  const nghttp2_extpri priority{NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};  // takes turns with the others
  nghttp2_session_change_extpri_stream_priority(session_, static_cast<int32_t>(id), &priority, 1);
  submit_head(*stream, head, std::nullopt, !stream->is_head);
}

void Http2Codec::stream_chunk(StreamId id, const Blob& bytes) {
  Stream* stream = find_open(id);
  if (!stream || !stream->streaming || stream->is_head || bytes.size() == 0) return;
  stream->pending.append_body(Body(bytes));
  pending_bytes_ += bytes.size();
  resume(*stream);
}

void Http2Codec::end_stream(StreamId id, ReplyHeaders&& trailers) {
  Stream* stream = speak_on(id);
  if (!stream || !stream->streaming) return;
  if (!stream->is_head) stream->trailers = std::move(trailers);
  stream->since = context_.now;
  if (!stream->pending.empty()) check_at(stream->since + context_.limits.write_stall_time);
  finish(*stream);
  resume(*stream);
}

void Http2Codec::reset(StreamId id, uint32_t http2_error_code) {
  Stream* stream = speak_on(id);
  if (!stream) return;
  reset_stream(*stream, http2_error_code);
  finish(*stream);
}

bool Http2Codec::cut_off(StreamId id) {
  Stream* stream = find_open(id);
  if (!stream) return true;
  reset_stream(*stream, NGHTTP2_ENHANCE_YOUR_CALM);
  lose(*stream);
  return true;
}

void Http2Codec::reset_stream(Stream& stream, uint32_t http2_error_code) {
  stream.reset_by_us = true;
  drop(stream);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(stream.id), http2_error_code);
}

void Http2Codec::submit_head(Stream& stream, const StreamHead& head, std::optional<uint64_t> content_length,
                             bool with_body) {
  stream.started = true;
  const Digits status(static_cast<uint64_t>(head.status));
  const Digits length(content_length.value_or(0));
  Fields fields;
  fields.add(":status", status.view());
  fields.add_lines(head.headers.lines());
  if (!head.bare) fields.add_lines(context_.common_headers);
  if (content_length) fields.add("content-length", length.view());
  const nghttp2_data_provider body = Callbacks::body_of(stream);
  nghttp2_submit_response(session_, static_cast<int32_t>(stream.id), fields.data(), fields.size(),
                          with_body ? &body : nullptr);
}

void Http2Codec::submit_trailers(Stream& stream) {
  Fields fields;
  fields.add_lines(stream.trailers.lines());
  nghttp2_submit_trailer(session_, static_cast<int32_t>(stream.id), fields.data(), fields.size());
}

void Http2Codec::resume(Stream& stream) {
  if (std::exchange(stream.deferred, false)) nghttp2_session_resume_data(session_, static_cast<int32_t>(stream.id));
}

void Http2Codec::frame_body(Stream& stream, Bytes frame_head, size_t size) {
  if (stream.output_end <= written_bytes_) stream.framed_bytes = 0;
  output_.append(frame_head);
  stream.pending.move_front(size, output_);
  pending_bytes_ -= size;
  stream.framed_bytes += size;
  stream.output_end = written_bytes_ + output_.bytes();
  stream.since = context_.now;
}

// The client that has not ended its request need not go on with it (RFC 9113, 8.1).
void Http2Codec::on_answer_sent(StreamId id, bool ended) {
  keepalive_.on_answered();
  const Stream* stream = ended ? find(id) : nullptr;
  if (!stream || stream->client_ended) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(id), NGHTTP2_NO_ERROR);
}

// A client that provokes resets is no better than one that sends them.
bool Http2Codec::on_reset_sent(StreamId id, uint32_t error_code) {
  if (error_code == NGHTTP2_NO_ERROR) return true;
  if (error_code == NGHTTP2_REFUSED_STREAM) context_.counters.http2_streams.add();
  const Stream* stream = find(id);
  return (stream && stream->reset_by_us) || allow(conduct_.on_reset(context_.now));
}

bool Http2Codec::prepare_output() {
  while (!dead_ && has_room()) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (dead_ || size == 0) break;
    if (size > 0) {
      output_.append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
    } else if (size != NGHTTP2_ERR_PAUSE) {
      fail(kInternal);
    }
  }
  return !output_.empty();
}

void Http2Codec::wrote(size_t bytes) {
  output_.drop(bytes);
  written_bytes_ += bytes;
}

size_t Http2Codec::backlog(StreamId id) const {
  const Stream* stream = find_open(id);
  if (!stream) return 0;
  const uint64_t unwritten = stream->output_end > written_bytes_ ? stream->output_end - written_bytes_ : 0;
  return stream->pending.bytes() + std::min<uint64_t>(stream->framed_bytes, unwritten);
}

}  // namespace viaduct::net
