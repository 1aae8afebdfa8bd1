#include "server/outside.h"

#include <algorithm>
#include <thread>

namespace viaduct::server {
namespace {

constexpr unsigned kDiscoveryRedirects = 10;

Ask ask_with(peer::HttpOptions options) {
  return [options = std::move(options)](const std::string& url, const peer::HttpRequest& request) {
    peer::HttpOptions bounded = options;
    bounded.connect_timeout = std::min(options.connect_timeout, request.answer_timeout);
    bounded.tls_timeout = std::min(options.tls_timeout, request.answer_timeout);
    return peer::HttpClient(url, bounded).send(request);
  };
}

}  // namespace

std::string srv_server_name(const Config& config) {
  return config.peer_tls.trusted_ca_file.empty() ? config.discovery_srv : "";
}

Outside outside_of(const Config& config) {
  peer::HttpOptions member;
  member.tls = &config.peer_tls;
  member.tls_server_name = srv_server_name(config);
  peer::HttpOptions discovery;
  discovery.connect_timeout = std::chrono::seconds(5);
  discovery.max_redirects = kDiscoveryRedirects;
  discovery.proxy = config.discovery_proxy;
  return {system_resolver(), ask_with(member), ask_with(discovery), look_up_service,
          [](std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }};
}

}  // namespace viaduct::server
