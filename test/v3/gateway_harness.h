// A gateway on loopback before small services of its own, and a blocking client for it. No engine behind.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/descriptor.h"
#include "net/listener.h"
#include "v3/gateway.h"
#include "v3/method.h"

namespace viaduct::v3 {

// One connection. Reads give up after 10 s, so that a test that waits in vain fails.
class GatewayClient {
 public:
  explicit GatewayClient(const std::string& address);
  void send(std::string_view bytes);
  std::string read_until(std::string_view end);  // all up to and with `end`
  std::string read_bytes(size_t count);
  std::string read_to_end();  // until the server closes; "(open)" at the end if it does not
  void close() { socket_ = net::Descriptor(); }
  void reset();  // closes with RST

 private:
  bool fill();

  net::Descriptor socket_;
  std::string buffer_;
};

// Services: KV.Range answers with its key as the value, and by keys that say so fails, waits or is dropped; Watch,
// LeaseKeepAlive and Snapshot play small parts (gateway_harness.cc).
class GatewayServer {
 public:
  explicit GatewayServer(const char* release = "3.4.23", net::SiteAccessOptions access = {{"*"}, {"*"}},
                         uint64_t max_request_bytes = 1536 << 10);
  ~GatewayServer();

  // The whole answer to one request: status line, headers and body.
  std::string ask(std::string_view method, std::string_view target, std::string_view body = "",
                  std::string_view headers = "");
  std::string post(std::string_view target, std::string_view body, std::string_view headers = "") {
    return ask("POST", target, body, headers);
  }
  const std::string& address() const;
  void pass(std::chrono::nanoseconds time);  // moves the clock and sweeps
  net::Loop& loop();

  // What the services were told, in order.
  std::string heard();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

std::string status_line(std::string_view reply);
std::string header(std::string_view reply, std::string_view name);  // "" if there is none
std::string body(std::string_view reply);                           // chunks as "<size>|<bytes>", trailers behind

}  // namespace viaduct::v3
