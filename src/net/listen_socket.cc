#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "net/peer_address.h"

namespace viaduct::net {
namespace {

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  bool both_families = false;  // IPv6 that takes IPv4 as well

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
  int family() const { return bytes.ss_family; }
  std::string to_string() const { return PeerAddress(*get()).to_string(); }
};

Error failure(const std::string& address, int error) {
  return {Code::kIo, "cannot listen on " + address + ": " + std::strerror(error)};
}

void set_option(int descriptor, int level, int option, int value) {
  setsockopt(descriptor, level, option, &value, sizeof(value));
}

Address make_v4(in_addr host, uint16_t port) {
  Address address;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr = host;
  v4.sin_port = htons(port);
  std::memcpy(&address.bytes, &v4, sizeof(v4));
  address.size = sizeof(v4);
  return address;
}

Address make_v6(const in6_addr& host, uint16_t port) {
  Address address;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = host;
  v6.sin6_port = htons(port);
  std::memcpy(&address.bytes, &v6, sizeof(v6));
  address.size = sizeof(v6);
  address.both_families = IN6_IS_ADDR_UNSPECIFIED(&host);
  return address;
}

std::optional<Address> parse_host(const std::string& host, uint16_t port) {
  in_addr v4;
  in6_addr v6;
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4) == 1;
  if (host.empty() || (is_v4 && v4.s_addr == htonl(INADDR_ANY))) return make_v6(in6addr_any, port);
  if (is_v4) return make_v4(v4, port);
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return make_v6(v6, port);
  return std::nullopt;
}

// Nothing is probed or sent for a connection that this does not inherit.
void prepare_for_clients(int descriptor, const Limits& limits) {
  const int probe_seconds = static_cast<int>(limits.keep_alive_probe.count());
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, probe_seconds);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, probe_seconds);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(limits.user_timeout.count()));
}

Result<ListenSocket> listen_on(const Address& address, const std::string& name, int backlog, Descriptor descriptor) {
  if (bind(descriptor.number(), address.get(), address.size) != 0) return failure(name, errno);
  if (listen(descriptor.number(), backlog) != 0) return failure(name, errno);
  return ListenSocket{std::move(descriptor), name};
}

Result<ListenSocket> open_tcp(const Address& address, bool reuse_port, int backlog, const Limits& limits) {
  Descriptor descriptor(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor) return failure(address.to_string(), errno);
  set_option(descriptor.number(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (reuse_port) set_option(descriptor.number(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.family() == AF_INET6) {
    set_option(descriptor.number(), IPPROTO_IPV6, IPV6_V6ONLY, address.both_families ? 0 : 1);
  }
  prepare_for_clients(descriptor.number(), limits);
  VIADUCT_TRY_ASSIGN(opened, listen_on(address, address.to_string(), backlog, std::move(descriptor)));
  Address bound;
  bound.size = sizeof(bound.bytes);
  getsockname(opened.descriptor.number(), reinterpret_cast<sockaddr*>(&bound.bytes), &bound.size);
  opened.address = bound.to_string();
  return opened;
}

uint16_t port_of(const ListenSocket& opened) {
  return static_cast<uint16_t>(std::stoi(opened.address.substr(opened.address.rfind(':') + 1)));
}

bool has_ipv6() {
  const Descriptor descriptor(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address loopback = make_v6(in6addr_loopback, 0);
  return descriptor && bind(descriptor.number(), loopback.get(), loopback.size) == 0;
}

Result<std::vector<ListenSocket>> open_localhost(uint16_t port, bool reuse_port, int backlog, const Limits& limits) {
  std::vector<ListenSocket> sockets;
  VIADUCT_TRY_ASSIGN(v4, open_tcp(make_v4(in_addr{htonl(INADDR_LOOPBACK)}, port), reuse_port, backlog, limits));
  const uint16_t chosen = port_of(v4);
  sockets.push_back(std::move(v4));
  if (has_ipv6()) {
    VIADUCT_TRY_ASSIGN(v6, open_tcp(make_v6(in6addr_loopback, chosen), reuse_port, backlog, limits));
    sockets.push_back(std::move(v6));
  }
  return sockets;
}

// A socket file outlives a killed server; only its refusal to answer tells that it is stale.
void remove_stale_socket(const Address& address, const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe && connect(probe.number(), address.get(), address.size) != 0 && errno == ECONNREFUSED) unlink(path.c_str());
}

Result<ListenSocket> open_unix(const std::string& path, int backlog) {
  sockaddr_un name{};
  if (path.size() >= sizeof(name.sun_path)) return failure(path, ENAMETOOLONG);
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  Address address;
  std::memcpy(&address.bytes, &name, sizeof(name));
  address.size = sizeof(name);
  remove_stale_socket(address, path);
  Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor) return failure(path, errno);
  return listen_on(address, path, backlog, std::move(descriptor));
}

Result<std::vector<ListenSocket>> just(Result<ListenSocket> opened) {
  if (!opened) return std::move(opened).error();
  std::vector<ListenSocket> sockets;
  sockets.push_back(std::move(opened).value());
  return sockets;
}

}  // namespace

Result<std::vector<ListenSocket>> open_listen_sockets(const ListenUrl& url, bool reuse_port, int backlog,
                                                      const Limits& limits) {
  if (url.unix_socket) return just(open_unix(url.path, backlog));
  if (url.host == "localhost") return open_localhost(url.port, reuse_port, backlog, limits);
  const std::optional<Address> address = parse_host(url.host, url.port);
  if (!address) return Error{Code::kInvalidArgument, "expected IP in URL for binding (" + url.text + ")"};
  if (address->both_families && !has_ipv6()) {
    return just(open_tcp(make_v4(in_addr{htonl(INADDR_ANY)}, url.port), reuse_port, backlog, limits));
  }
  return just(open_tcp(*address, reuse_port, backlog, limits));
}

}  // namespace viaduct::net
