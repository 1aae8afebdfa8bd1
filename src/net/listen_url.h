// Where to listen: http://host:port, https://host:port, unix://path, unixs://path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace viaduct::net {

struct ListenUrl {
  bool tls = false;
  bool also_plain = false;  // with tls: the same address serves both, and the first byte of a client decides
  bool unix_socket = false;
  std::string host;   // an address without brackets, "localhost", or empty for every address
  uint16_t port = 0;  // 0: the kernel chooses
  std::string path;   // of a unix socket
  std::string text;   // as given
};

// Errors: kInvalidArgument, naming the URL and what is wrong with it.
Result<ListenUrl> parse_listen_url(std::string_view url);

}  // namespace viaduct::net
