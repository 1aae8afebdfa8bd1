#include "peer/dialled_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/tls_client.h"
#include "peer/resolver.h"
#include "peer/wait_for.h"

namespace viaduct::peer {
namespace {

using Kind = DialFailure::Kind;

constexpr size_t kProxyReplyBytes = 8192;

DialDeadline after(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

Kind kind_of(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ENOENT:  // the socket of a server that has ended cleanly
      return Kind::kRefused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Kind::kReset;
    case ETIMEDOUT:
    case EAGAIN:  // a unix socket with a full backlog
      return Kind::kTimedOut;
    default:
      return Kind::kUnreachable;
  }
}

}  // namespace

void DialledSocket::FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void DialledSocket::FreeSession::operator()(ssl_st* session) const { SSL_free(session); }

DialledSocket::DialledSocket(DialPlan plan) : plan_(std::move(plan)) {}
DialledSocket::~DialledSocket() = default;

bool DialledSocket::fail(Kind kind, std::string message) {
  failure_ = {kind, std::move(message)};
  return false;
}

bool DialledSocket::fail_errno(const char* doing, int error) {
  return fail(kind_of(error), std::string(doing) + ": " + strerror(error));
}

bool DialledSocket::open(const DialUrl& url) {
  close();
  failure_ = {};
  if (connect(url, after(plan_.connect_timeout)) && (!url.tls || start_tls(url, after(plan_.tls_timeout)))) return true;
  close();
  return false;
}

void DialledSocket::close() {
  session_.reset();
  context_.reset();
  descriptor_ = net::Descriptor();
}

bool DialledSocket::connect(const DialUrl& url, DialDeadline deadline) {
  if (url.unix_socket) return connect_unix(url.host, deadline);
  DialUrl first = url;
  if (!plan_.proxy.empty()) {
    auto proxy = parse_dial_url(plan_.proxy);
    if (!proxy) return fail(Kind::kBadUrl, proxy.error().message);
    first = std::move(*proxy);
  }
  const Addresses addresses = resolve(first.host, first.port, deadline, plan_.cancellation, failure_);
  for (const addrinfo* at = addresses.get(); at; at = at->ai_next) {
    if (!connect_to(at->ai_family, at->ai_addr, at->ai_addrlen, deadline)) continue;
    failure_ = {};
    return plan_.proxy.empty() || !url.tls || pass_proxy(url, deadline);
  }
  return false;
}

bool DialledSocket::connect_unix(const std::string& path, DialDeadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return fail(Kind::kBadUrl, "the path of the socket is too long");
  memcpy(address.sun_path, path.data(), path.size());
  return connect_to(AF_UNIX, &address, sizeof(address), deadline);
}

bool DialledSocket::connect_to(int family, const void* address, unsigned size, DialDeadline deadline) {
  descriptor_ = net::Descriptor(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor_) return fail_errno("socket", errno);
  if (family != AF_UNIX) set_tcp_options();
  if (::connect(descriptor_.number(), static_cast<const sockaddr*>(address), size) == 0) return true;
  if (errno != EINPROGRESS) return fail_errno("connect", errno);
  if (!await(POLLOUT, deadline)) return false;
  int error = 0;
  socklen_t length = sizeof(error);
  getsockopt(descriptor_.number(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error == 0 || fail_errno("connect", error);
}

// What the kernel has taken must be acknowledged in time as well, or a silent host would be written to for ever.
void DialledSocket::set_tcp_options() const {
  const int on = 1;
  setsockopt(descriptor_.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const unsigned milliseconds = static_cast<unsigned>(plan_.write_timeout.count());
  setsockopt(descriptor_.number(), IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof(milliseconds));
}

bool DialledSocket::pass_proxy(const DialUrl& url, DialDeadline deadline) {
  const std::string port = ":" + std::to_string(url.port);
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const std::string ask = "CONNECT " + host + port + " HTTP/1.1\r\nHost: " + host + port + "\r\n\r\n";
  if (!write(ask.data(), ask.size())) return false;
  std::string reply;
  while (!reply.ends_with("\r\n\r\n")) {  // byte by byte, since what follows is for TLS
    char byte;
    const ssize_t got = read(&byte, 1, deadline);
    if (got < 0) return false;
    if (got == 0 || reply.size() == kProxyReplyBytes) return fail(Kind::kBadReply, "the proxy's answer is no answer");
    reply.push_back(byte);
  }
  if (reply.substr(0, 7) == "HTTP/1." && reply.substr(8, 5) == " 200 ") return true;
  return fail(Kind::kUnreachable, "the proxy refuses: " + reply.substr(0, reply.find('\r')));
}

bool DialledSocket::start_tls(const DialUrl& url, DialDeadline deadline) {
  static const net::TlsSettings kDefaults;
  const std::string& name = plan_.tls_server_name.empty() ? url.host : plan_.tls_server_name;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_) return fail(Kind::kTls, "tls: no memory");
  if (auto ready = net::prepare_tls_client(*context_, plan_.tls ? *plan_.tls : kDefaults, name); !ready) {
    return fail(Kind::kTls, ready.error().message);
  }
  session_.reset(SSL_new(context_.get()));
  if (!session_ || SSL_set_fd(session_.get(), descriptor_.number()) != 1) return fail(Kind::kTls, "tls: no memory");
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(session_.get());
    if (result == 1) return true;
    if (!await_tls(result, deadline)) return false;
  }
}

// After a call of OpenSSL: waits for what it wants, or tells what is wrong.
bool DialledSocket::await_tls(int result, DialDeadline deadline) {
  const int error = errno;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return await(POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE:
      return await(POLLOUT, deadline);
    case SSL_ERROR_ZERO_RETURN:
      return fail(Kind::kReset, "tls: closed");
    case SSL_ERROR_SYSCALL:
      return error == 0 ? fail(Kind::kReset, "EOF") : fail_errno("tls", error);
    default: {
      const std::string said = net::tls_client_error(*context_);
      if (!said.empty()) return fail(Kind::kTls, said);
      const unsigned long code = ERR_peek_error();
      if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return fail(Kind::kReset, "EOF");
      const char* reason = ERR_reason_error_string(code);
      return fail(Kind::kTls, std::string("tls: ") + (reason ? reason : "handshake failure"));
    }
  }
}

bool DialledSocket::await(short events, DialDeadline deadline) {
  switch (wait_for(descriptor_.number(), events, plan_.cancellation, deadline)) {
    case Waited::kReady:
      return true;
    case Waited::kTimedOut:
      return fail(Kind::kTimedOut, "i/o timeout");
    case Waited::kCancelled:
      return fail(Kind::kCancelled, "cancelled");
  }
  return false;
}

ssize_t DialledSocket::read(char* into, size_t size, DialDeadline deadline) {
  if (session_) return read_tls(into, size, deadline);
  for (;;) {
    const ssize_t got = recv(descriptor_.number(), into, size, 0);
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail_errno("read", errno), -1;
    if (!await(POLLIN, deadline)) return -1;
  }
}

ssize_t DialledSocket::read_tls(char* into, size_t size, DialDeadline deadline) {
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(session_.get(), into, static_cast<int>(std::min<size_t>(size, 1 << 30)));
    if (got > 0) return got;
    if (SSL_get_error(session_.get(), got) == SSL_ERROR_ZERO_RETURN) return 0;
    if (!await_tls(got, deadline)) return -1;
  }
}

bool DialledSocket::write(const char* from, size_t size) {
  if (session_) return write_tls(from, size);
  while (size > 0) {
    const ssize_t sent = send(descriptor_.number(), from, size, MSG_NOSIGNAL);
    if (sent >= 0) {
      from += sent;
      size -= static_cast<size_t>(sent);
    } else if (errno == EAGAIN) {
      if (!await(POLLOUT, after(plan_.write_timeout))) return false;
    } else if (errno != EINTR) {
      return fail_errno("write", errno);
    }
  }
  return true;
}

bool DialledSocket::write_tls(const char* from, size_t size) {
  while (size > 0) {
    ERR_clear_error();
    const int sent = SSL_write(session_.get(), from, static_cast<int>(std::min<size_t>(size, 1 << 30)));
    if (sent > 0) {
      from += sent;
      size -= static_cast<size_t>(sent);
    } else if (!await_tls(sent, after(plan_.write_timeout))) {
      return false;
    }
  }
  return true;
}

bool DialledSocket::has_ended() {
  char byte;
  if (session_) return wait_for(descriptor_.number(), POLLRDHUP, nullptr, {}) == Waited::kReady;
  const ssize_t got = recv(descriptor_.number(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || errno != EAGAIN;
}

bool DialledSocket::wait(int wake, std::chrono::milliseconds timeout) {
  pollfd waiting[] = {{descriptor_.number(), POLLRDHUP, 0},
                      {wake, POLLIN, 0},
                      {plan_.cancellation ? plan_.cancellation->descriptor() : -1, POLLIN, 0}};
  if (poll(waiting, 3, static_cast<int>(timeout.count())) <= 0) return true;
  if (waiting[2].revents != 0) return fail(Kind::kCancelled, "cancelled");
  if (waiting[0].revents != 0) return fail(Kind::kReset, "EOF");
  return true;
}

}  // namespace viaduct::peer
