// A server with TLS, the authority that its certificates come from, and clients of all kinds.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/tls_context.h"
#include "test/net/certificates.h"
#include "test/net/server_harness.h"
#include "test/net/tls_peer.h"
#include "test/support/quiet_log.h"
#include "test/support/temporary_directory.h"

namespace viaduct::net {

struct TlsWorld {
  TemporaryDirectory directory;
  TestAuthority authority{directory.path(), "authority"};
  PairFiles server_pair = authority.issue("server", {.common_name = "server", .ip_addresses = {"127.0.0.1"}});

  // Of a listener that lets everyone in.
  TlsSettings open_door() const {
    TlsSettings settings;
    settings.cert_file = server_pair.cert_file;
    settings.key_file = server_pair.key_file;
    settings.skip_san_check = true;
    return settings;
  }
  // Of one that wants a certificate of our authority.
  TlsSettings strict_door() const {
    TlsSettings settings = open_door();
    settings.trusted_ca_file = authority.ca_file();
    return settings;
  }
  // Of a client without a certificate, and of one with.
  TlsPeerOptions stranger() const {
    TlsPeerOptions options;
    options.settings.trusted_ca_file = authority.ca_file();
    return options;
  }
  TlsPeerOptions holder(const PairFiles& pair) const {
    TlsPeerOptions options = stranger();
    options.settings.cert_file = pair.cert_file;
    options.settings.key_file = pair.key_file;
    return options;
  }
};

// Serves on one URL with TLS, beside the plain one that Server has.
struct TlsServer : private QuietLog, Server {
  explicit TlsServer(const TlsSettings& settings, FunctionHandler::Answer answer = echo,
                     const Limits& limits = Limits(), size_t max_handshakes = 512, bool also_plain = false)
      : Server(std::move(answer), limits) {
    ListenOptions options;
    auto context = TlsContext::open(settings);
    REQUIRE_MESSAGE(context, (context ? "" : context.error().message));
    options.tls = *std::move(context);
    options.max_handshakes = max_handshakes;
    ListenUrl url = parse_listen_url("https://127.0.0.1:0").value();
    url.also_plain = also_plain;
    auto opened = Listener::open(loops, handler, url, options);
    REQUIRE(opened);
    tls_listener = *std::move(opened);
  }
  ~TlsServer() { tls_listener.reset(); }

  const std::string& tls_address() const { return tls_listener->addresses()[0]; }

  std::unique_ptr<Listener> tls_listener;
};

}  // namespace viaduct::net
