// Between nghttp2 and Http2Codec: what the one calls of the other. Private to the codec.
#pragma once

#include <nghttp2/nghttp2.h>

#include "net/http2_codec.h"

namespace viaduct::net {

struct Http2Codec::Callbacks {
  static nghttp2_session* make_session(Http2Codec& codec);
  static nghttp2_data_provider body_of(Stream& stream);

  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* codec);
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* codec);
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                       const uint8_t* value, size_t value_size, uint8_t flags, void* codec);
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* codec);
  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int error, void* codec);
  static int on_data(nghttp2_session*, uint8_t flags, int32_t stream, const uint8_t* data, size_t size, void* codec);
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* codec);
  static int on_stream_close(nghttp2_session*, int32_t stream, uint32_t error_code, void* codec);
  static ssize_t read_body(nghttp2_session*, int32_t stream, uint8_t* into, size_t room, uint32_t* flags,
                           nghttp2_data_source* source, void* codec);
  static int send_body(nghttp2_session*, nghttp2_frame* frame, const uint8_t* head, size_t size,
                       nghttp2_data_source* source, void* codec);
};

}  // namespace viaduct::net
