#include "bench/grpc_connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "bench/failure.h"
#include "bench/grpc_messages.h"

namespace viaduct::bench {
namespace {

constexpr uint32_t kStreamWindow = 16 << 20;
constexpr int32_t kConnectionWindow = 1 << 30;

uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); }

nghttp2_nv field(std::string_view name, std::string_view value) {
  constexpr uint8_t kFlags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  return {bytes_of(name), bytes_of(value), name.size(), value.size(), kFlags};
}

std::string_view text(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

}  // namespace

struct GrpcConnection::Callbacks {
  static Call* find(nghttp2_session* session, int32_t stream) {
    return static_cast<Call*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static ssize_t read(nghttp2_session*, int32_t, uint8_t* to, size_t room, uint32_t* flags, nghttp2_data_source* source,
                      void*) {
    Call& call = *static_cast<Call*>(source->ptr);
    if (call.out.empty() && !call.out_ends) return NGHTTP2_ERR_DEFERRED;
    const size_t size = std::min(room, call.out.size());
    std::memcpy(to, call.out.data(), size);
    call.out.erase(0, size);
    if (call.out.empty() && call.out_ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                       const uint8_t* value, size_t value_size, uint8_t, void* user) {
    Call* call = find(session, frame->hd.stream_id);
    if (!call) return 0;
    const std::string_view what = text(name, name_size), is = text(value, value_size);
    if (what == "grpc-status") call->succeeded = is == "0";
    if (what == "grpc-message" && !is.empty()) static_cast<GrpcConnection*>(user)->failure_ = is;
    return 0;
  }

  static int on_data(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* user) {
    if (Call* call = find(session, stream)) static_cast<GrpcConnection*>(user)->take(*call, text(data, size));
    return 0;
  }

  static int on_close(nghttp2_session* session, int32_t stream, uint32_t, void* user) {
    if (Call* call = find(session, stream)) static_cast<GrpcConnection*>(user)->close(*call);
    return 0;
  }
};

GrpcConnection::GrpcConnection(int port, CallListener& listener) : socket_(port), listener_(listener) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(session);
  const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &window, 1);
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

void GrpcConnection::open(std::string_view path, uint64_t number, std::string_view message, bool ends) {
  Call& call = calls_.try_emplace(number, Call{number, 0, std::string(message), ends, {}, false}).first->second;
  const std::array fields{field(":method", "POST"),
                          field(":scheme", "http"),
                          field(":path", path),
                          field(":authority", "127.0.0.1"),
                          field("content-type", "application/grpc"),
                          field("te", "trailers")};
  nghttp2_data_provider body{{.ptr = &call}, Callbacks::read};
  call.stream = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(), &body, &call);
  if (call.stream < 0) throw Failure("a call cannot be started: out of streams");
}

void GrpcConnection::send(uint64_t number, std::string_view message) {
  Call& call = calls_.at(number);
  call.out.append(message);
  nghttp2_session_resume_data(session_.get(), call.stream);
}

void GrpcConnection::take(Call& call, std::string_view bytes) {
  if (!call.in.empty()) {
    call.in.append(bytes);
    bytes = call.in;
  }
  while (bytes.size() >= kFrameHeadBytes) {
    ByteReader head(bytes.substr(1));
    const size_t size = head.take_be32();
    if (bytes.size() < kFrameHeadBytes + size) break;
    listener_.on_message(call.number, bytes.substr(kFrameHeadBytes, size));
    bytes.remove_prefix(kFrameHeadBytes + size);
  }
  call.in = std::string(bytes);
}

void GrpcConnection::close(Call& call) {
  const uint64_t number = call.number;
  if (!call.succeeded && failure_.empty()) failure_ = "a call ended without a status";
  calls_.erase(number);
  if (failure_.empty()) listener_.on_end(number);
}

void GrpcConnection::flush() {
  thread_local std::string out;
  out.clear();
  for (const uint8_t* data = nullptr;;) {
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) throw Failure(nghttp2_strerror(static_cast<int>(size)));
    if (size == 0) break;
    out.append(text(data, static_cast<size_t>(size)));
  }
  socket_.send(out);
}

void GrpcConnection::receive() {
  thread_local std::array<char, 256 << 10> buffer;
  for (size_t got = buffer.size(); got == buffer.size();) {
    got = socket_.receive(buffer);
    const ssize_t used = nghttp2_session_mem_recv(session_.get(), bytes_of({buffer.data(), got}), got);
    if (used < 0) throw Failure(nghttp2_strerror(static_cast<int>(used)));
    if (!failure_.empty()) throw Failure("a call failed: " + failure_);
  }
  flush();
}

void call_once(int port, std::string_view path, std::string_view message) {
  constexpr int kPatienceMs = 60'000;
  struct UntilEnd final : CallListener {
    void on_message(uint64_t, std::string_view) override {}
    void on_end(uint64_t) override { ended = true; }
    bool ended = false;
  } listener;
  GrpcConnection connection(port, listener);
  connection.start(path, 0, message);
  connection.flush();
  while (!listener.ended) {
    pollfd readable{.fd = connection.socket(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, kPatienceMs) <= 0) throw Failure(std::string(path) + ": no answer within a minute");
    connection.receive();
  }
}

}  // namespace viaduct::bench
