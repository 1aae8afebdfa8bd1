// Sockets that listen, made from a URL.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/descriptor.h"
#include "net/limits.h"
#include "net/listen_url.h"

namespace viaduct::net {

struct ListenSocket {
  Descriptor descriptor;  // non-blocking; accepted connections inherit TCP_NODELAY and the keep-alive settings
  std::string address;    // 127.0.0.1:2379, [::1]:2379, or the path of a unix socket
};

// One socket; for localhost one for each of 127.0.0.1 and ::1 that this machine has. An address of all zeros, or none,
// takes IPv4 and IPv6. A socket file that nobody listens on any more is replaced.
// Errors: kInvalidArgument for a host that is no address; kIo naming the address and the reason.
Result<std::vector<ListenSocket>> open_listen_sockets(const ListenUrl& url, bool reuse_port, int backlog,
                                                      const Limits& limits);

}  // namespace viaduct::net
