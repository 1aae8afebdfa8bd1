// The URL lists of the command line: http, https, unix and unixs addresses without a path.
// Errors: etcd's texts, because people search for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace viaduct::server {

enum class Scheme { kHttp, kHttps, kUnix, kUnixs };

struct Url {
  Scheme scheme = Scheme::kHttp;
  std::string host;   // without brackets; of a unix URL the name of the socket file (host and path, "etcd.unix:1")
  uint16_t port = 0;  // 0 for unix, and for http where the kernel shall choose
  std::string text;   // as shown to users and hashed into member ids: scheme://host:port

  bool secure() const { return scheme == Scheme::kHttps || scheme == Scheme::kUnixs; }
  bool is_socket_file() const { return scheme == Scheme::kUnix || scheme == Scheme::kUnixs; }
  bool operator==(const Url&) const = default;
};
using Urls = std::vector<Url>;

Result<Url> parse_url(std::string_view text);

// The same scheme elsewhere; an IPv6 address is given without brackets.
Url with_host(const Url& like, const std::string& host, uint16_t port);

// Comma separated; sorted by text, as etcd keeps its lists. With `unique`, repeated URLs count once.
Result<Urls> parse_urls(std::string_view text, bool unique);

// What to bind must be an IP address or localhost: a name could resolve to anything by the time of the bind.
Result<void> check_listen_urls(const Urls& urls);

// What is advertised may be a name, but not nothing.
Result<void> check_advertise_urls(const Urls& urls);

// Comma separated again.
std::string join_urls(const Urls& urls);

}  // namespace viaduct::server
