#include "test/net/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "net/protocol.h"

namespace viaduct::net {

std::string be32(uint32_t number) {
  std::string bytes;
  put_be32(bytes, number);
  return bytes;
}

std::string frame(FrameType type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string bytes = be32(static_cast<uint32_t>(payload.size()) << 8 | static_cast<uint8_t>(type));
  bytes += static_cast<char>(flags);
  return bytes + be32(stream).append(payload);
}

std::string header_block(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string block;
  const auto add = [&](const std::string& text) {  // RFC 7541, 5.1 and 5.2
    size_t size = text.size();
    if (size < 127) {
      block += static_cast<char>(size);
    } else {
      block += '\x7f';
      for (size -= 127; size >= 128; size >>= 7) block += static_cast<char>(0x80 | (size & 0x7f));
      block += static_cast<char>(size);
    }
    block += text;
  };
  for (const auto& [name, value] : fields) {
    block += '\x10';
    add(name);
    add(value);
  }
  return block;
}

std::string get_block(std::string_view path) {
  return header_block({{":method", "GET"}, {":scheme", "http"}, {":path", std::string(path)}, {":authority", "h"}});
}

const std::string kGreeting = std::string(kHttp2Preface) + frame(FrameType::kSettings, 0, 0);

struct Http2Client::Callbacks {
  static Http2Client& client(void* data) { return *static_cast<Http2Client*>(data); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                       const uint8_t* value, size_t value_size, uint8_t, void* data) {
    Answer& answer = client(data).answers_[static_cast<uint32_t>(frame->hd.stream_id)];
    auto& fields = frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? answer.head : answer.trailers;
    fields[std::string(reinterpret_cast<const char*>(name), name_size)] =
        std::string(reinterpret_cast<const char*>(value), value_size);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    Http2Client& self = client(data);
    const auto stream = static_cast<uint32_t>(frame->hd.stream_id);
    switch (frame->hd.type) {
      case NGHTTP2_DATA:
        ++self.answers_[stream].data_frames;
        [[fallthrough]];
      case NGHTTP2_HEADERS:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self.answers_[stream].ended = true;
        return 0;
      case NGHTTP2_RST_STREAM:
        self.answers_[stream].reset = frame->rst_stream.error_code;
        return 0;
      case NGHTTP2_GOAWAY:
        self.goaway_ = frame->goaway.error_code;
        self.goaway_last_stream_ = static_cast<uint32_t>(frame->goaway.last_stream_id);
        self.goaway_text_.assign(reinterpret_cast<const char*>(frame->goaway.opaque_data),
                                 frame->goaway.opaque_data_len);
        return 0;
      case NGHTTP2_PING:
        ++((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 ? self.pings_answered_ : self.pings_asked_);
        return 0;
      case NGHTTP2_SETTINGS:
        for (size_t i = 0; i < frame->settings.niv; ++i) {
          self.settings_[frame->settings.iv[i].settings_id] = frame->settings.iv[i].value;
        }
        return 0;
      default:
        return 0;
    }
  }

  static int on_data(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* bytes, size_t size, void* data) {
    client(data).answers_[static_cast<uint32_t>(stream)].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static ssize_t read(nghttp2_session*, int32_t stream, uint8_t* into, size_t room, uint32_t* flags,
                      nghttp2_data_source*, void* data) {
    Body& body = client(data).bodies_[static_cast<uint32_t>(stream)];
    const size_t size = std::min(room, body.bytes.size());
    if (size == 0 && body.more) {
      body.waiting = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    std::memcpy(into, body.bytes.data(), size);
    body.bytes.erase(0, size);
    if (body.bytes.empty() && !body.more) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
};

Http2Client::Http2Client(const Http2ClientOptions& options) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_option* settings = nullptr;
  nghttp2_option_new(&settings);
  nghttp2_option_set_no_auto_window_update(settings, options.takes_bodies ? 0 : 1);
  nghttp2_session_client_new2(&session_, callbacks, this, settings);
  nghttp2_option_del(settings);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<int32_t>(options.connection_window));
}

Http2Client::~Http2Client() { nghttp2_session_del(session_); }

uint32_t Http2Client::ask(std::string_view method, std::string_view path, std::string_view body, bool more,
                          const Fields& fields) {
  Fields all = {
      {":method", std::string(method)}, {":scheme", "http"}, {":path", std::string(path)}, {":authority", "h"}};
  all.insert(all.end(), fields.begin(), fields.end());
  std::vector<nghttp2_nv> block;
  for (auto& [name, value] : all) {
    block.push_back({reinterpret_cast<uint8_t*>(name.data()), reinterpret_cast<uint8_t*>(value.data()), name.size(),
                     value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider provider{{0}, Callbacks::read};
  const bool has_body = more || !body.empty();
  const int32_t stream =
      nghttp2_submit_request(session_, nullptr, block.data(), block.size(), has_body ? &provider : nullptr, nullptr);
  bodies_[static_cast<uint32_t>(stream)] = {std::string(body), more};
  return static_cast<uint32_t>(stream);
}

void Http2Client::send(uint32_t stream, std::string_view bytes, bool more) {
  Body& body = bodies_[stream];
  body.bytes.append(bytes);
  body.more = more;
  if (std::exchange(body.waiting, false)) nghttp2_session_resume_data(session_, static_cast<int32_t>(stream));
}

void Http2Client::reset(uint32_t stream, uint32_t error_code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(stream), error_code);
}

void Http2Client::ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void Http2Client::take(uint32_t stream, size_t bytes) {
  nghttp2_session_consume(session_, static_cast<int32_t>(stream), bytes);
}

std::string Http2Client::output() {
  std::string out;
  const uint8_t* bytes = nullptr;
  for (ssize_t size; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
    out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  return out;
}

void Http2Client::feed(std::string_view bytes) {
  nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace viaduct::net
