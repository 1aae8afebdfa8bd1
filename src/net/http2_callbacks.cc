#include "net/http2_callbacks.h"

#include <cassert>
#include <memory>

namespace viaduct::net {
namespace {

// Stops nghttp2 where it is; it is not called again.
constexpr int kStop = NGHTTP2_ERR_CALLBACK_FAILURE;

Http2Codec& codec_of(void* codec) { return *static_cast<Http2Codec*>(codec); }
std::string_view text(const uint8_t* bytes, size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }
StreamId stream_of(const nghttp2_frame* frame) { return static_cast<StreamId>(frame->hd.stream_id); }
bool has(uint8_t flags, uint8_t flag) { return (flags & flag) != 0; }
bool begins_request(const nghttp2_frame* frame) {
  return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

template <typename T, void (*destroy)(T*)>
struct Deleter {
  void operator()(T* pointer) const { destroy(pointer); }
};

using OwnedOptions = std::unique_ptr<nghttp2_option, Deleter<nghttp2_option, nghttp2_option_del>>;

// What makes a request is ours (Http2Rules), and so are the limits that count (Http2Conduct): those of the library go
// by a clock of its own, or say nothing to the client. Only CONTINUATION frames can be counted there alone.
OwnedOptions make_options(const Limits& limits) {
  nghttp2_option* made = nullptr;
  nghttp2_option_new(&made);
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_http_messaging(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_stream_reset_rate_limit(made, UINT64_MAX, UINT64_MAX);
  nghttp2_option_set_max_outbound_ack(made, SIZE_MAX);
  nghttp2_option_set_max_settings(made, SIZE_MAX);
  nghttp2_option_set_max_continuations(made, limits.http2_continuations);
  return OwnedOptions(made);
}

}  // namespace

nghttp2_session* Http2Codec::Callbacks::make_session(Http2Codec& codec) {
  static const auto callbacks = [] {  // the same for all sessions
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(made, send_body);
    return std::unique_ptr<nghttp2_session_callbacks,
                           Deleter<nghttp2_session_callbacks, nghttp2_session_callbacks_del>>(made);
  }();
  nghttp2_session* session = nullptr;
  [[maybe_unused]] const int made =
      nghttp2_session_server_new2(&session, callbacks.get(), &codec, make_options(codec.context_.limits).get());
  assert(made == 0);
  return session;
}

nghttp2_data_provider Http2Codec::Callbacks::body_of(Stream& stream) {
  nghttp2_data_provider provider;
  provider.source.ptr = &stream;
  provider.read_callback = read_body;
  return provider;
}

int Http2Codec::Callbacks::on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* codec) {
  return codec_of(codec).on_frame_begun(head->type, head->flags, head->length) ? 0 : kStop;
}

int Http2Codec::Callbacks::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* codec) {
  if (!begins_request(frame)) return 0;
  return codec_of(codec).open_stream(stream_of(frame)) ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int Http2Codec::Callbacks::on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                                     size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void* codec) {
  const bool well_formed = codec_of(codec).add_field(stream_of(frame), begins_request(frame), text(name, name_size),
                                                     text(value, value_size));
  return well_formed ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int Http2Codec::Callbacks::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* context) {
  Http2Codec& codec = codec_of(context);
  const bool ends = has(frame->hd.flags, NGHTTP2_FLAG_END_STREAM);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (begins_request(frame)) {
        codec.end_head(stream_of(frame), ends);
        return 0;
      }
      if (!ends) codec.reject(stream_of(frame));  // nothing comes behind trailers
      [[fallthrough]];
    case NGHTTP2_DATA:
      if (Stream* stream = ends ? codec.find(stream_of(frame)) : nullptr) codec.end_body(*stream);
      return 0;
    case NGHTTP2_SETTINGS:
      codec.greeted_ = true;
      return 0;
    case NGHTTP2_PING:
      return has(frame->hd.flags, NGHTTP2_FLAG_ACK) || codec.on_ping() ? 0 : kStop;
    case NGHTTP2_RST_STREAM:
      return codec.allow(codec.conduct_.on_reset(codec.context_.now)) ? 0 : kStop;
    default:
      return 0;
  }
}

int Http2Codec::Callbacks::on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* codec) {
  codec_of(codec).context_.counters.bad_requests.add();
  return 0;
}

int Http2Codec::Callbacks::on_data(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size,
                                   void* codec) {
  codec_of(codec).add_body(static_cast<StreamId>(stream), text(data, size));
  return 0;
}

int Http2Codec::Callbacks::on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* context) {
  Http2Codec& codec = codec_of(context);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      codec.on_answer_sent(stream_of(frame), has(frame->hd.flags, NGHTTP2_FLAG_END_STREAM));
      return 0;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
      if (has(frame->hd.flags, NGHTTP2_FLAG_ACK)) codec.conduct_.on_acknowledged();
      return 0;
    case NGHTTP2_RST_STREAM:
      return codec.on_reset_sent(stream_of(frame), frame->rst_stream.error_code) ? 0 : kStop;
    default:
      return 0;
  }
}

int Http2Codec::Callbacks::on_stream_close(nghttp2_session*, int32_t stream, uint32_t, void* codec) {
  codec_of(codec).on_closed(static_cast<StreamId>(stream));
  return 0;
}

// Says how much of the body the next DATA frame takes; send_body() writes it.
ssize_t Http2Codec::Callbacks::read_body(nghttp2_session*, int32_t, uint8_t*, size_t room, uint32_t* flags,
                                         nghttp2_data_source* source, void* codec) {
  Stream& stream = *static_cast<Stream*>(source->ptr);
  const size_t size = std::min(room, stream.pending.bytes());
  const bool is_last = stream.finished && size == stream.pending.bytes();
  if (size == 0 && !is_last) {
    stream.deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (!is_last) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  if (!stream.trailers.lines().empty()) {
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    codec_of(codec).submit_trailers(stream);
  }
  return static_cast<ssize_t>(size);
}

int Http2Codec::Callbacks::send_body(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t size,
                                     nghttp2_data_source* source, void* codec) {
  constexpr size_t kHeadBytes = 9;
  codec_of(codec).frame_body(*static_cast<Stream*>(source->ptr), text(head, kHeadBytes), size);
  return codec_of(codec).has_room() ? 0 : NGHTTP2_ERR_PAUSE;
}

}  // namespace viaduct::net
