// HTTP/1.1 requests that we make: small ones with their answers, and one whose body streams on for as long as it likes.
// The one place that includes cpp-httplib, which writes requests and reads answers; sockets, time limits and TLS are
// dialled_socket.h's.
// Promise:   an answer holds no more than the limits say, whatever the server sends; each wait has an end, and ends at
//            once when cancelled.
// Ownership: owns its connection, which is kept for the next request; borrows the TLS settings and the cancellation.
// Threads:   confined to one, which blocks; Cancellation::cancel() from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "net/tls_settings.h"
#include "peer/cancellation.h"
#include "peer/dial_failure.h"

namespace viaduct::peer {

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{1000};  // resolving the name included
  std::chrono::milliseconds tls_timeout{5000};      // for the handshake after that: busy machines take their time
  std::chrono::milliseconds write_timeout{5000};    // without a byte being taken
  size_t reply_limit_bytes = 1 << 20;               // of the body; beyond it: DialFailure::Kind::kBadReply
  unsigned max_redirects = 0;                       // followed on 301, 302, 303, 307 and 308
  std::string proxy;                                // http://host:port, or empty
  const net::TlsSettings* tls = nullptr;            // for https; null: the system's authorities, no certificate
  std::string tls_server_name;                      // empty: the host of the URL
  const Cancellation* cancellation = nullptr;
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, sent as they are
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string content_type;
  std::chrono::milliseconds answer_timeout{5000};  // from the end of the request to the end of the answer
};

struct HttpReply {
  DialFailure failure;  // if it is one, there is nothing else
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  bool ok() const { return !failure; }                        // answered, with whatever status
  std::string_view find_header(std::string_view name) const;  // the first; empty if there is none
};

// The body of a streaming request, sent in chunks as they are written.
class HttpBody {
 public:
  static constexpr size_t kChunkHeadBytes = 10;  // eight hexadecimal digits and the line end

  virtual ~HttpBody() = default;
  // `chunk` begins with kChunkHeadBytes that are for us to fill in; we append the end as well, so that all goes out in
  // one write. False: the connection is lost, failure() says how.
  virtual bool write(std::string& chunk) = 0;
  // Waits until the event descriptor `wake` is readable, the server has closed the connection, or the time has passed.
  // False: the connection is lost, or cancelled.
  virtual bool wait(int wake, std::chrono::milliseconds timeout) = 0;
  virtual const DialFailure& failure() const = 0;
};

class HttpClient {
 public:
  // `url`: http://host:port, https://host:port, unix://path or unixs://path; a path behind host:port is put before each
  // request's target. What is wrong with it comes out with the first request.
  explicit HttpClient(std::string url, HttpOptions options = {});
  ~HttpClient();

  HttpReply send(const HttpRequest& request);
  // `write` says the body and returns when it is complete, or when a call has failed; its `body` is left alone.
  using BodyWriter = std::function<void(HttpBody&)>;
  HttpReply stream(const HttpRequest& request, const BodyWriter& write);

 private:
  class Session;
  HttpReply run(const std::string& url, const HttpRequest& request, const BodyWriter* write);

  const std::string url_;
  const HttpOptions options_;
  std::unique_ptr<Session> session_;
};

}  // namespace viaduct::peer
