#include "test/conformance/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace viaduct::conformance {
namespace {

using namespace std::chrono_literals;

constexpr auto kWriteTime = 10s;
constexpr int32_t kWindow = 64 << 20;  // wide open: flow control is not what this client is about

nghttp2_nv field(const std::pair<std::string, std::string>& header) {
  const auto bytes = [](const std::string& text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));  // not written to: nghttp2 copies
  };
  return {bytes(header.first), bytes(header.second), header.first.size(), header.second.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

struct Http2Client::Callbacks {
  static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    self(user).streams_[frame->hd.stream_id].blocks.emplace_back();
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_length,
                       const uint8_t* value, size_t value_length, uint8_t, void* user) {
    self(user).streams_[frame->hd.stream_id].blocks.back().emplace_back(
        std::string(reinterpret_cast<const char*>(name), name_length),
        std::string(reinterpret_cast<const char*>(value), value_length));
    return 0;
  }

  static int on_data(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t length, void* user) {
    self(user).streams_[stream].data.append(reinterpret_cast<const char*>(data), length);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Client& client = self(user);
    const bool carries_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (carries_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      client.streams_[frame->hd.stream_id].ended = true;
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
      client.streams_[frame->hd.stream_id].reset = frame->rst_stream.error_code;
    } else if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
      ++client.pongs_;
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
      const nghttp2_goaway& goaway = frame->goaway;
      client.goaway_ = GoAway{goaway.error_code,
                              std::string(reinterpret_cast<const char*>(goaway.opaque_data), goaway.opaque_data_len)};
    }
    return 0;
  }

  static ssize_t on_read(nghttp2_session*, int32_t stream, uint8_t* buffer, size_t length, uint32_t* flags,
                         nghttp2_data_source*, void* user) {
    Outgoing& out = self(user).outgoing_[stream];
    if (out.bytes.empty() && !out.finish) return NGHTTP2_ERR_DEFERRED;
    const size_t count = std::min(length, out.bytes.size());
    std::memcpy(buffer, out.bytes.data(), count);
    out.bytes.erase(0, count);
    if (out.bytes.empty() && out.finish) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
};

Http2Client::Http2Client(int port) : connection_(port) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_option* options = nullptr;
  nghttp2_option_new(&options);
  nghttp2_option_set_no_http_messaging(options, 1);
  nghttp2_session_client_new2(&session_, callbacks, this, options);
  nghttp2_option_del(options);
  nghttp2_session_callbacks_del(callbacks);
  const std::array<nghttp2_settings_entry, 1> settings = {{{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
}

Http2Client::~Http2Client() { nghttp2_session_del(session_); }

int32_t Http2Client::request(const HeaderList& headers, std::string body, bool finish) {
  std::vector<nghttp2_nv> fields;
  for (const auto& header : headers) fields.push_back(field(header));
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::on_read;
  const int32_t stream = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
  outgoing_[stream] = {std::move(body), finish};
  flush(in(kWriteTime));
  return stream;
}

void Http2Client::send(int32_t stream, const std::string& bytes, bool finish) {
  Outgoing& out = outgoing_[stream];
  out.bytes += bytes;
  out.finish |= finish;
  nghttp2_session_resume_data(session_, stream);
  flush(in(kWriteTime));
}

void Http2Client::reset(int32_t stream) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  flush(in(kWriteTime));
}

void Http2Client::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  flush(in(kWriteTime));
}

void Http2Client::raw(const std::string& bytes) {
  flush(in(kWriteTime));
  connection_.send(bytes, in(kWriteTime));
}

void Http2Client::flush(Deadline deadline) {
  const uint8_t* data = nullptr;
  for (ssize_t count; (count = nghttp2_session_mem_send(session_, &data)) > 0;) {
    connection_.send({reinterpret_cast<const char*>(data), static_cast<size_t>(count)}, deadline);
  }
}

bool Http2Client::run(const std::function<bool()>& done, Deadline deadline) {
  while (true) {
    flush(deadline);
    if (done()) return true;
    const std::string bytes = connection_.read(deadline);
    if (bytes.empty()) return false;
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    if (nghttp2_session_mem_recv(session_, data, bytes.size()) < 0) return done();
  }
}

}  // namespace viaduct::conformance
