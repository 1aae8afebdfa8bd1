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
    return peer::HttpClient(url, bounded).send(request);
  };
}

}  // namespace

Outside outside_of(const Config& config) {
  peer::HttpOptions member;
  member.tls = &config.peer_tls;
  peer::HttpOptions discovery;
  discovery.connect_timeout = std::chrono::seconds(5);
  discovery.max_redirects = kDiscoveryRedirects;
  discovery.proxy = config.discovery_proxy;
  return {system_resolver(), ask_with(member), ask_with(discovery),
          [](std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }};
}

}  // namespace viaduct::server
