#include "server/routes.h"

#include "base/random.h"
#include "server/client_port.h"
#include "server/debug_vars.h"
#include "server/identity.h"
#include "server/metrics.h"
#include "server/urls.h"
#include "server/v3_api.h"
#include "v2/discovery_service.h"
#include "v2/health.h"
#include "v2/info.h"
#include "v2/keys.h"
#include "v2/members.h"
#include "v2/peer_members.h"
#include "v2/peer_promotion.h"
#include "v2/stats_routes.h"
#include "v2/watches.h"

namespace viaduct::server {
namespace {

constexpr const char* kAnyMethod = "";

Result<void> check_peer_url(const std::string& text) {
  VIADUCT_TRY(parse_url(text));
  return {};
}

}  // namespace

struct Routes::Endpoints {
  Endpoints(const Config& config, const Sources& sources)
      : watches(sources.node, sources.loops, key_stats, {config.limits.watchers, config.limits.watch_unread_bytes}),
        keys(sources.node, watches, sources.clock, key_stats, requests, limits),
        machines(sources.node),
        new_token(sources.node, random),
        token_alone(keys),
        members(sources.node, {check_peer_url,
                               [&clock = sources.clock](const std::vector<std::string>& peer_urls) {
                                 return derive_added_member_id(peer_urls, clock);
                               }}),
        peer_members(sources.node),
        peer_promotion(sources.node),
        version(sources.node, config.advertise_etcd_version),
        health(sources.node, health_counts),
        live(sources.node, v2::Probe::Kind::kLive),
        ready(sources.node, v2::Probe::Kind::kReady),
        self_stats(sources.node, sources.clock, config.name, sources.start_wall_ns),
        leader_stats(sources.node),
        store_stats(sources.node, key_stats),
        access({config.cors, config.host_whitelist}),
        peer_access({}),
        v3(config, {sources.node, sources.loops, sources.clock, sources.disk, access, sources.data_directory}),
        metrics({sources.node, sources.timings, sources.loops, key_stats, requests, limits, access.refused(),
                 health_counts, v3.dispatch(), v3.watches(), config.advertise_etcd_version, sources.state_directory,
                 config.quota_backend_bytes}),
        debug_vars(sources.node),
        client(access, config.limits.v2_body_bytes),
        peer(peer_access),
        metrics_only(access),
        // With a port of its own for HTTP, the client port is gRPC's alone.
        client_port(&v3.grpc(), v3.gateway(), config.listen_client_http_urls.empty() ? &client : nullptr),
        http_port(nullptr, v3.gateway(), &client) {
    if (config.enable_v2) add_v2(client);
    client.add("/version", "GET", version);
    client.add("/debug/vars", "GET", debug_vars);
    add_probes(client);
    if (config.enable_v2) client.add_subtree("", kAnyMethod, token_alone);
    peer.add("/version", "GET", version);
    peer.add("/members", "GET", peer_members);
    peer.add_subtree(v2::kPromotionRoute, "POST", peer_promotion);
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
    front.add("/new", "GET", new_token);
  }

  void add_probes(v2::Front& front) {
    front.add("/metrics", kAnyMethod, metrics);
    front.add("/health", "GET", health);
    front.add_subtree("/livez", "GET", live);
    front.add_subtree("/readyz", "GET", ready);
  }

  v2::KeyStats key_stats;
  v2::RequestStats requests;
  v2::LimitCounts limits;
  v2::HealthCounts health_counts;
  v2::WatchTable watches;
  v2::Keys keys;
  v2::Machines machines;
  SystemRandom random;
  v2::NewToken new_token;
  v2::TokenAlone token_alone;
  v2::Members members;
  v2::PeerMembers peer_members;
  v2::PeerPromotion peer_promotion;
  v2::Version version;
  v2::LogLevel log_level;
  v2::Health health;
  v2::Probe live, ready;
  v2::SelfStats self_stats;
  v2::LeaderStats leader_stats;
  v2::StoreStats store_stats;
  net::SiteAccess access, peer_access;
  V3Api v3;
  Metrics metrics;
  DebugVars debug_vars;
  v2::Front client, peer, metrics_only;
  ClientPort client_port, http_port;
};

Routes::Routes(const Config& config, const Sources& sources)
    : endpoints_(std::make_unique<Endpoints>(config, sources)) {}

Routes::~Routes() = default;

net::Handler& Routes::client() { return endpoints_->client_port; }
net::Handler& Routes::client_http() { return endpoints_->http_port; }
net::Handler& Routes::peer() { return endpoints_->peer; }
net::Handler& Routes::metrics() { return endpoints_->metrics_only; }

}  // namespace viaduct::server
