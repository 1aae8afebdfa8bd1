// Where a connection comes from: small, copied into each request, made text only when someone asks.
#pragma once

#include <netinet/in.h>

#include <string>

namespace viaduct::net {

class PeerAddress {
 public:
  PeerAddress() { address_.any.sa_family = AF_UNSPEC; }  // unknown, or a unix socket
  explicit PeerAddress(const sockaddr& address);

  bool is_known() const { return address_.any.sa_family != AF_UNSPEC; }
  std::string to_string() const;  // 10.0.0.1:4001, [::1]:4001, or @ for a unix socket
  std::string host() const;       // 10.0.0.1, ::1, or @; an IPv4 address mapped into IPv6 is shown as IPv4

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } address_;
};

}  // namespace viaduct::net
