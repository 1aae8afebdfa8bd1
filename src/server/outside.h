// What a member asks of others before it serves: names, other members, a discovery service, the DNS. As functions, so
// that what it makes of the answers can be tested without a network.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "peer/http_client.h"
#include "server/config.h"
#include "server/srv_lookup.h"
#include "server/url_match.h"

namespace viaduct::server {

// `url` may have a path, which is put before the request's target.
using Ask = std::function<peer::HttpReply(const std::string& url, const peer::HttpRequest& request)>;

struct Outside {
  ResolveHost resolve;
  Ask ask_member;     // on a peer port, with the certificates for peers
  Ask ask_discovery;  // by --discovery-proxy
  LookUpService look_up_service;
  std::function<void(std::chrono::nanoseconds)> pause;
};

// The name that members' certificates bear where DNS names the members and no authority of their own signs them: the
// domain. Empty: the host of each URL.
std::string srv_server_name(const Config& config);

// The network, as `config` says to use it; borrows it.
Outside outside_of(const Config& config);

}  // namespace viaduct::server
