#include "server/listeners.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "net/listen_url.h"

namespace viaduct::server {
namespace {

bool any_secure(const Urls& urls) {
  return std::any_of(urls.begin(), urls.end(), [](const Url& url) { return url.secure(); });
}

// Of what would want the same socket.
bool same_address(const Url& a, const Url& b) {
  return a.is_socket_file() == b.is_socket_file() && a.host == b.host && a.port == b.port;
}

const Url* twin_of(const Url& url, const Urls& urls) {
  const auto twin = std::find_if(urls.begin(), urls.end(), [&](const Url& other) {
    return same_address(url, other) && url.secure() != other.secure();
  });
  return twin == urls.end() ? nullptr : &*twin;
}

Result<std::shared_ptr<net::TlsContext>> load(const net::TlsSettings& tls, const char* whose) {
  VIADUCT_TRY_ASSIGN(opened, net::TlsContext::open(tls));
  log::info(std::string("starting with ") + whose + " TLS",
            {{"tls-info", "cert = " + tls.cert_file + ", key = " + tls.key_file +
                              ", trusted-ca = " + tls.trusted_ca_file + ", client-cert-auth = " +
                              (tls.client_cert_auth ? "true" : "false") + ", crl-file = " + tls.crl_file}});
  return opened;
}

}  // namespace

Result<void> Listeners::load_certificates() {
  const bool client = any_secure(config_.listen_client_urls) || any_secure(config_.listen_client_http_urls) ||
                      any_secure(config_.listen_metrics_urls);
  if (any_secure(config_.listen_peer_urls) && !config_.peer_tls.empty()) {
    VIADUCT_TRY_ASSIGN(peer_tls, load(config_.peer_tls, "peer"));
    peer_tls_ = std::move(peer_tls);
  }
  if (client && !config_.client_tls.empty()) {
    VIADUCT_TRY_ASSIGN(client_tls, load(config_.client_tls, "client"));
    client_tls_ = std::move(client_tls);
  }
  return {};
}

Result<void> Listeners::open_peer(net::Handler& handler) {
  return open(config_.listen_peer_urls, peer_tls_, handler, "serving peers");
}

Result<void> Listeners::open_client(const Urls& urls, net::Handler& handler, const char* what) {
  return open(urls, client_tls_, handler, what);
}

net::ListenOptions Listeners::options(const std::shared_ptr<net::TlsContext>& tls) const {
  net::ListenOptions options;
  const size_t descriptors = net::raise_descriptor_limit();
  options.max_connections = config_.limits.connections != 0 ? config_.limits.connections : descriptors / 10 * 8;
  options.max_connections_per_address = config_.limits.connections_per_address;
  options.reuse_port = config_.socket_reuse_port;
  options.tls = tls;
  options.max_handshakes = config_.limits.handshakes;
  return options;
}

Result<void> Listeners::open(const Urls& urls, const std::shared_ptr<net::TlsContext>& tls, net::Handler& handler,
                             const char* what) {
  for (const Url& url : urls) {
    const bool shared = twin_of(url, urls) != nullptr;
    if (shared && !url.secure()) continue;  // its twin serves it
    VIADUCT_TRY_ASSIGN(listen_url, net::parse_listen_url(url.text));
    listen_url.also_plain = shared;
    VIADUCT_TRY_ASSIGN(listener, net::Listener::open(loops_, handler, listen_url, options(tls)));
    for (const std::string& address : listener->addresses()) {
      log::info(what, {{"address", address}, {"tls", url.secure()}});
    }
    listeners_.push_back(std::move(listener));
  }
  return {};
}

void Listeners::stop() {
  for (const auto& listener : listeners_) listener->stop();
}

}  // namespace viaduct::server
