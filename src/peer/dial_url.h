// Where to dial: http://host:port/path, https://..., unix://path, unixs://path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace viaduct::peer {

struct DialUrl {
  bool tls = false;
  bool unix_socket = false;
  std::string host;       // without brackets, or the path of the socket
  uint16_t port = 0;      // not given: 80, or 443 with TLS
  std::string authority;  // for the Host header: as given
  std::string path;       // in front of each request's target; without a slash at the end

  bool same_origin(const DialUrl& other) const {
    return tls == other.tls && unix_socket == other.unix_socket && host == other.host && port == other.port;
  }
};

// Errors: kInvalidArgument, naming the URL.
Result<DialUrl> parse_dial_url(std::string_view url);

}  // namespace viaduct::peer
