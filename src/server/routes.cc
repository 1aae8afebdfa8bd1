#include "server/routes.h"

#include "server/urls.h"
#include "v2/health.h"
#include "v2/info.h"
#include "v2/keys.h"
#include "v2/members.h"
#include "v2/peer_members.h"
#include "v2/stats_routes.h"
#include "v2/watches.h"

namespace viaduct::server {
namespace {

v2::FrontOptions client_options(const Config& config) {
  v2::FrontOptions options;
  options.cors = config.cors;
  options.host_whitelist = config.host_whitelist;
  options.body_limit_bytes = config.limits.v2_body_bytes;
  return options;
}

Result<void> check_peer_url(const std::string& text) {
  VIADUCT_TRY(parse_url(text));
  return {};
}

}  // namespace

struct Routes::Endpoints {
  Endpoints(const Config& config, Node& node, net::LoopGroup& loops, int64_t start_wall_ns)
      : watches(node, loops, key_stats, config.limits.watchers),
        keys(node, watches, key_stats),
        machines(node),
        members(node, check_peer_url),
        peer_members(node),
        version(node, config.advertise_etcd_version),
        health(node, health_counts),
        live(node, v2::Probe::Kind::kLive),
        ready(node, v2::Probe::Kind::kReady),
        self_stats(node, config.name, start_wall_ns),
        leader_stats(node),
        store_stats(node, key_stats),
        client(client_options(config)),
        peer({}),
        metrics_only(client_options(config)) {
    if (config.enable_v2) add_v2(client);
    client.add("/version", "GET", version);
    add_probes(client);
    peer.add("/version", "GET", version);
    peer.add("/members", "GET", peer_members);
    add_probes(metrics_only);
  }

  void add_v2(v2::Front& front) {
    front.add_subtree("/v2/keys", "HEAD,GET,PUT,POST,DELETE", keys);
    front.add_subtree("/v2/members", "GET,POST,DELETE,PUT", members);
    front.add("/v2/machines", "GET,HEAD", machines);
    front.add("/v2/stats/self", "GET", self_stats);
    front.add("/v2/stats/leader", "GET", leader_stats);
    front.add("/v2/stats/store", "GET", store_stats);
    front.add("/config/local/log", "PUT", log_level);
  }

  void add_probes(v2::Front& front) {
    front.add("/health", "GET", health);
    front.add_subtree("/livez", "GET", live);
    front.add_subtree("/readyz", "GET", ready);
  }

  v2::KeyStats key_stats;
  v2::HealthCounts health_counts;
  v2::WatchTable watches;
  v2::Keys keys;
  v2::Machines machines;
  v2::Members members;
  v2::PeerMembers peer_members;
  v2::Version version;
  v2::LogLevel log_level;
  v2::Health health;
  v2::Probe live, ready;
  v2::SelfStats self_stats;
  v2::LeaderStats leader_stats;
  v2::StoreStats store_stats;
  v2::Front client, peer, metrics_only;
};

Routes::Routes(const Config& config, Node& node, net::LoopGroup& loops, int64_t start_wall_ns)
    : endpoints_(std::make_unique<Endpoints>(config, node, loops, start_wall_ns)) {}

Routes::~Routes() = default;

v2::Front& Routes::client() { return endpoints_->client; }
v2::Front& Routes::peer() { return endpoints_->peer; }
v2::Front& Routes::metrics() { return endpoints_->metrics_only; }

}  // namespace viaduct::server
