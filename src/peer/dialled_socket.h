// A connection that we open: TCP or a unix socket, plain or with TLS. Blocks, but each wait has an end and ends at once
// when cancelled. Tells exactly why it failed, since that a process is gone is learned here (RF-1).
// Ownership: owns the descriptor and the TLS state; borrows the cancellation.
// Threads:   confined to one.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "net/descriptor.h"
#include "net/tls_settings.h"
#include "peer/cancellation.h"
#include "peer/dial_failure.h"
#include "peer/dial_url.h"

struct ssl_ctx_st;
struct ssl_st;

namespace viaduct::peer {

// A point in time that no wait goes beyond.
using DialDeadline = std::chrono::steady_clock::time_point;

struct DialPlan {
  std::chrono::milliseconds connect_timeout;
  std::chrono::milliseconds tls_timeout;
  std::chrono::milliseconds write_timeout;
  const net::TlsSettings* tls = nullptr;
  std::string tls_server_name;  // empty: the URL's host
  std::string proxy;            // http://host:port: by CONNECT for TLS, else the request says where to
  const Cancellation* cancellation = nullptr;
};

class DialledSocket {
 public:
  explicit DialledSocket(DialPlan plan);
  ~DialledSocket();

  bool open(const DialUrl& url);
  void close();
  bool is_open() const { return static_cast<bool>(descriptor_); }
  bool has_ended();  // the other side has closed it, or said what nobody asked for

  // Between 1 and `size` bytes; 0 at the end; negative: failed.
  ssize_t read(char* into, size_t size, DialDeadline deadline);
  bool write(const char* from, size_t size);  // all of it
  // Until `wake` is readable, the other side has closed, or the time has passed; false: closed or cancelled.
  bool wait(int wake, std::chrono::milliseconds timeout);

  // Of the newest call that failed; cleared by open().
  const DialFailure& failure() const { return failure_; }

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };

  bool connect(const DialUrl& url, DialDeadline deadline);
  bool connect_unix(const std::string& path, DialDeadline deadline);
  bool connect_to(int family, const void* address, unsigned size, DialDeadline deadline);
  void set_tcp_options() const;
  bool pass_proxy(const DialUrl& url, DialDeadline deadline);
  bool start_tls(const DialUrl& url, DialDeadline deadline);
  bool await_tls(int result, DialDeadline deadline);
  bool await(short events, DialDeadline deadline);
  ssize_t read_tls(char* into, size_t size, DialDeadline deadline);
  bool write_tls(const char* from, size_t size);
  bool fail(DialFailure::Kind kind, std::string message);
  bool fail_errno(const char* doing, int error);

  const DialPlan plan_;
  net::Descriptor descriptor_;
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::unique_ptr<ssl_st, FreeSession> session_;
  DialFailure failure_;
};

}  // namespace viaduct::peer
