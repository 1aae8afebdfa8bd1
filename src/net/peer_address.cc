#include "net/peer_address.h"

#include <arpa/inet.h>

#include <cstring>

namespace viaduct::net {

PeerAddress::PeerAddress(const sockaddr& address) : PeerAddress() {
  if (address.sa_family == AF_INET) std::memcpy(&address_.v4, &address, sizeof(sockaddr_in));
  if (address.sa_family == AF_INET6) std::memcpy(&address_.v6, &address, sizeof(sockaddr_in6));
}

std::string PeerAddress::host() const {
  char text[INET6_ADDRSTRLEN];
  if (address_.any.sa_family == AF_INET) return inet_ntop(AF_INET, &address_.v4.sin_addr, text, sizeof(text));
  if (address_.any.sa_family != AF_INET6) return "@";
  if (IN6_IS_ADDR_V4MAPPED(&address_.v6.sin6_addr)) {
    return inet_ntop(AF_INET, address_.v6.sin6_addr.s6_addr + 12, text, sizeof(text));
  }
  return inet_ntop(AF_INET6, &address_.v6.sin6_addr, text, sizeof(text));
}

std::string PeerAddress::to_string() const {
  if (address_.any.sa_family == AF_UNSPEC) return "@";
  const std::string name = host();
  const uint16_t port = ntohs(address_.any.sa_family == AF_INET ? address_.v4.sin_port : address_.v6.sin6_port);
  const bool bracketed = name.find(':') != std::string::npos;
  return (bracketed ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

}  // namespace viaduct::net
