#include "peer/http_client.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "base/version.h"
#include "net/request.h"
#include "peer/dial_url.h"
#include "peer/dialled_socket.h"

namespace viaduct::peer {
namespace {

using Kind = DialFailure::Kind;

constexpr size_t kHeadBytes = 64 << 10;
constexpr size_t kStatusLineBytes = 1024;  // it goes through a regular expression, which recurses,
constexpr size_t kStatusAt = 9;            // and so would what follows a 1xx, which nobody asked for

// What an answer may cost: one that says more than it may is cut off.
class Stream final : public httplib::Stream {
 public:
  Stream(DialledSocket& socket, size_t reply_limit_bytes) : socket_(socket), left_(reply_limit_bytes + kHeadBytes) {}

  void set_answer_time(std::chrono::milliseconds time) { answer_time_ = time; }
  bool ended() const { return ended_; }  // the server closed before its answer was complete
  bool said_nothing() const { return received_ == 0; }
  bool over_limit() const { return over_limit_; }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, size_t size) override {
    if (at_ == filled_ && !fill()) return ended_ ? 0 : -1;
    const size_t count = std::min(size, filled_ - at_);
    std::copy_n(buffer_.data() + at_, count, into);
    at_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    return socket_.write(from, size) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return -1; }

 private:
  bool fill() {
    if (received_ == 0) deadline_ = std::chrono::steady_clock::now() + answer_time_;
    const ssize_t got = socket_.read(buffer_.data(), buffer_.size(), deadline_);
    if (got <= 0) {
      ended_ = got == 0;
      return false;
    }
    at_ = 0;
    filled_ = static_cast<size_t>(got);
    received_ += filled_;
    over_limit_ = over_limit_ || received_ > left_ || !has_sound_status_line();
    return !over_limit_;
  }
  bool has_sound_status_line() {
    if (status_line_done_) return true;
    const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(filled_);
    const size_t before = received_ - filled_;
    if (before <= kStatusAt && kStatusAt < received_ && buffer_[kStatusAt - before] == '1') return false;
    status_line_done_ = std::find(buffer_.begin(), end, '\n') != end;
    return status_line_done_ || received_ <= kStatusLineBytes;
  }

  DialledSocket& socket_;
  const size_t left_;
  std::chrono::milliseconds answer_time_{0};
  DialDeadline deadline_;
  std::array<char, kStatusLineBytes> buffer_;  // a longer first line cannot hide in one
  size_t at_ = 0;
  size_t filled_ = 0;
  size_t received_ = 0;
  bool status_line_done_ = false;
  bool ended_ = false;
  bool over_limit_ = false;
};

class Body final : public HttpBody {
 public:
  explicit Body(DialledSocket& socket) : socket_(socket) {}
  bool write(std::string& chunk) override {
    if (failed_ || chunk.size() <= kChunkHeadBytes) return !failed_;
    fill_head(chunk);
    chunk.append("\r\n");
    return !(failed_ = !socket_.write(chunk.data(), chunk.size()));
  }
  bool wait(int wake, std::chrono::milliseconds timeout) override {
    return !(failed_ = failed_ || !socket_.wait(wake, timeout));
  }
  const DialFailure& failure() const override { return socket_.failure(); }
  bool failed() const { return failed_; }

 private:
  static void fill_head(std::string& chunk) {
    size_t size = chunk.size() - kChunkHeadBytes;
    chunk.replace(kChunkHeadBytes - 2, 2, "\r\n");
    for (size_t at = kChunkHeadBytes - 2; at-- > 0; size >>= 4) chunk[at] = "0123456789abcdef"[size & 0xf];
    assert(size == 0);
  }

  DialledSocket& socket_;
  bool failed_ = false;
};

HttpReply failed(DialFailure failure) {
  HttpReply reply;
  reply.failure = std::move(failure);
  return reply;
}

DialPlan plan_of(const HttpOptions& options) {
  return {options.connect_timeout, options.tls_timeout, options.write_timeout, options.tls,
          options.tls_server_name, options.proxy,       options.cancellation};
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

std::string_view HttpReply::find_header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (net::equals_ignoring_case(key, name)) return value;
  }
  return {};
}

// The library's client, on our sockets: it never sees a descriptor, and asks for a connection before each request.
class HttpClient::Session final : public httplib::ClientImpl {
 public:
  Session(DialUrl url, const HttpOptions& options)
      : ClientImpl(url.host, url.port), url_(std::move(url)), options_(options), socket_(plan_of(options)) {
    set_keep_alive(true);
    set_url_encode(false);
    set_decompress(false);
    if (!options.proxy.empty() && !url_.tls) set_proxy(url_.host, url_.port);  // the target becomes absolute
  }

  const DialUrl& url() const { return url_; }

  HttpReply run(const HttpRequest& request, const BodyWriter* write) {
    httplib::Request asked;
    HttpReply reply;
    fill(asked, request);
    asked.content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
      if (reply.body.size() + size > options_.reply_limit_bytes) return false;
      reply.body.append(bytes, size);
      return true;
    };
    if (write) stream_from(asked, *write);
    answer_time_ = request.answer_timeout;
    httplib::Response got;
    httplib::Error error = httplib::Error::Success;
    verdict_ = {};
    if (!ClientImpl::send(asked, got, error)) {
      socket_.close();
      return failed(failure_of(error));
    }
    reply.status = got.status;
    for (auto& [name, value] : got.headers) reply.headers.emplace_back(name, value);
    return reply;
  }

 private:
  bool create_and_connect_socket(Socket&, httplib::Error& error) override {
    if (socket_.is_open() && !socket_.has_ended()) return true;
    error = httplib::Error::Connection;
    return socket_.open(url_);
  }
  void shutdown_ssl(Socket&, bool) override { socket_.close(); }
  bool process_socket(const Socket&, std::function<bool(httplib::Stream&)> talk) override {
    Stream stream(socket_, options_.reply_limit_bytes);
    stream.set_answer_time(answer_time_);
    const bool done = talk(stream);
    if (!done && stream.over_limit()) verdict_ = {Kind::kBadReply, "the answer is too large"};
    if (!done && stream.ended()) {
      verdict_ = {Kind::kReset, stream.said_nothing() ? "EOF" : "unexpected EOF"};
    }
    return done;
  }

  void fill(httplib::Request& into, const HttpRequest& request) const {
    into.method = request.method;
    into.path = url_.path + request.target;
    into.headers.emplace("Host", url_.authority);
    into.headers.emplace("User-Agent", std::string("viaduct/") + kVersion);
    for (const auto& [name, value] : request.headers) into.headers.emplace(name, value);
    if (!request.content_type.empty()) into.headers.emplace("Content-Type", request.content_type);
    into.body = request.body;
  }

  void stream_from(httplib::Request& into, const BodyWriter& write) {
    into.headers.emplace("Transfer-Encoding", "chunked");
    into.is_chunked_content_provider_ = true;
    into.content_provider_ = [this, &write](size_t, size_t, httplib::DataSink& sink) {
      Body body(socket_);
      write(body);
      if (body.failed()) return false;
      sink.done();
      return true;
    };
  }

  DialFailure failure_of(httplib::Error error) const {
    if (verdict_) return verdict_;
    if (socket_.failure()) return socket_.failure();
    return {Kind::kBadReply, "http: " + httplib::to_string(error)};
  }

  const DialUrl url_;
  const HttpOptions& options_;
  DialledSocket socket_;
  std::chrono::milliseconds answer_time_{0};
  DialFailure verdict_;  // what is wrong with the answer, beyond the socket
};

HttpClient::HttpClient(std::string url, HttpOptions options) : url_(std::move(url)), options_(std::move(options)) {}
HttpClient::~HttpClient() = default;

HttpReply HttpClient::send(const HttpRequest& request) {
  HttpReply reply = run(url_, request, nullptr);
  HttpRequest next = request;
  for (unsigned i = 0; i < options_.max_redirects && reply.ok() && is_redirect(reply.status); ++i) {
    std::string location(reply.find_header("Location"));
    if (location.empty()) break;
    if (location.starts_with('/')) {
      const DialUrl& origin = session_->url();
      location.insert(0, (origin.tls ? "https://" : "http://") + origin.authority);
    }
    if (reply.status == 303 && next.method != "HEAD") {
      next.method = "GET";
      next.body.clear();
      next.content_type.clear();
    }
    const size_t host = location.find("://");
    const size_t path = host == std::string::npos ? host : location.find_first_of("/?#", host + 3);
    next.target = path == std::string::npos ? "/" : location.substr(path, location.find('#') - path);
    if (!next.target.starts_with('/')) next.target.insert(0, "/");
    reply = run(location.substr(0, path), next, nullptr);
  }
  return reply;
}

HttpReply HttpClient::stream(const HttpRequest& request, const BodyWriter& write) { return run(url_, request, &write); }

HttpReply HttpClient::run(const std::string& url_text, const HttpRequest& request, const BodyWriter* write) {
  auto url = parse_dial_url(url_text);
  if (!url) return failed({Kind::kBadUrl, url.error().message});
  if (!session_ || !session_->url().same_origin(*url)) session_ = std::make_unique<Session>(std::move(*url), options_);
  return session_->run(request, write);
}

}  // namespace viaduct::peer
