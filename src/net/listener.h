// Accepts connections on one URL and spreads them over the loops.
// Promise:   accept errors are counted and waited out, never spun on; a connection beyond the limit is closed at once.
// Ownership: owns its sockets (and the name of a unix socket); borrows loops and handler, which must outlive it.
// Threads:   open() and stop() from any thread but a loop's; the rest from any.
// Errors:    of open(): kInvalidArgument for a host that is no address, kIo naming the address and the reason.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/handler.h"
#include "net/listen_url.h"
#include "net/loop_group.h"
#include "net/tls_context.h"

namespace viaduct::net {

struct ListenOptions {
  size_t max_connections = 10'000;         // open at once on this listener
  size_t max_connections_per_address = 0;  // 0: no limit; does not apply to unix sockets
  bool reuse_port = false;                 // SO_REUSEPORT
  int backlog = 4096;
  std::shared_ptr<TlsContext> tls;  // for a URL with TLS, shared with its connections; null: such a URL is refused
  size_t max_handshakes = 512;      // TLS, under way at once on this listener
};

class Listener {
 public:
  static Result<std::unique_ptr<Listener>> open(LoopGroup& loops, Handler& handler, const ListenUrl& url,
                                                const ListenOptions& options);
  ~Listener();  // stops

  void stop();                                        // accepts no more; connections live on
  const std::vector<std::string>& addresses() const;  // what it listens on: 127.0.0.1:2379, [::1]:2379, a path

 private:
  class State;
  explicit Listener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Raises the limit of open descriptors as far as the process may; returns how many there can be.
size_t raise_descriptor_limit();

}  // namespace viaduct::net
