// The ports of a member: opens its URLs, with TLS where they say so, and one socket for an http:// and an https:// URL
// of the same address.
// Ownership: owns the listeners; borrows loops, configuration and handlers.
// Threads:   the main thread's.
// Errors:    etcd's texts for certificates that cannot be used; else as of net::Listener::open().
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "net/handler.h"
#include "net/listener.h"
#include "net/loop_group.h"
#include "server/config.h"

namespace viaduct::server {

class Listeners {
 public:
  Listeners(net::LoopGroup& loops, const Config& config) : loops_(loops), config_(config) {}

  // Reads the certificates that some URL needs. Call before anything is opened: a wrong one should be the first thing
  // said.
  Result<void> load_certificates();

  Result<void> open_peer(net::Handler& handler);
  Result<void> open_client(const Urls& urls, net::Handler& handler, const char* what);

  void stop();  // accepts no more; connections live on
  void close() { listeners_.clear(); }

 private:
  Result<void> open(const Urls& urls, const std::shared_ptr<net::TlsContext>& tls, net::Handler& handler,
                    const char* what);
  net::ListenOptions options(const std::shared_ptr<net::TlsContext>& tls) const;

  net::LoopGroup& loops_;
  const Config& config_;
  std::shared_ptr<net::TlsContext> client_tls_;  // shared with listeners and connections; null: no URL needs it
  std::shared_ptr<net::TlsContext> peer_tls_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
};

}  // namespace viaduct::server
