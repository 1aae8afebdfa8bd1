#include "server/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

#include "base/log.h"
#include "net/loop_group.h"
#include "peer/links.h"
#include "peer/port.h"
#include "server/auto_tls.h"
#include "server/bootstrap.h"
#include "server/data_directory.h"
#include "server/data_directory_modes.h"
#include "server/listeners.h"
#include "server/node.h"
#include "server/routes.h"
#include "server/series.h"

namespace viaduct::server {
namespace {

constexpr std::chrono::seconds kShutdownGrace{5};
constexpr std::chrono::seconds kSlowSync{1};
constexpr std::chrono::seconds kHungSync{20};

template <typename Duration>
std::chrono::milliseconds to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

net::Limits net_limits(const Config& config) {
  const Limits& limits = config.limits;
  net::Limits net;
  net.handshake_time = to_ms(limits.handshake_timeout);
  net.head_time = to_ms(limits.header_timeout);
  net.body_grace = to_ms(limits.body_grace);
  net.body_bytes_per_second = limits.body_bytes_per_second;
  net.idle_time = to_ms(limits.idle_timeout);
  net.write_stall_time = to_ms(limits.unread_timeout);
  net.request_line_bytes = limits.request_line_bytes;
  net.header_list_bytes = limits.header_bytes;
  net.header_field_bytes = limits.header_field_bytes;
  net.header_count = limits.header_count;
  net.output_limit_bytes = limits.unread_bytes;
  net.http2_idle_time = to_ms(limits.http2_idle_timeout);
  net.http2_streams = config.max_concurrent_streams;
  net.http2_ping_min_time = config.grpc_keepalive_min_time;
  if (config.grpc_keepalive_interval.count() > 0 && config.grpc_keepalive_timeout.count() > 0) {  // else the defaults
    net.http2_ping_interval = config.grpc_keepalive_interval;
    net.http2_ping_timeout = config.grpc_keepalive_timeout;
  }
  net.held_bytes = limits.response_bytes / config.io_threads;
  return net;
}

std::vector<std::string> texts_of(const Urls& urls) {
  std::vector<std::string> texts;
  for (const Url& url : urls) texts.push_back(url.text);
  std::sort(texts.begin(), texts.end());
  return texts;
}

NodeOptions node_options(const Config& config, const DataDirectory& directory, const Identity& identity) {
  NodeOptions options;
  options.wal_directory = directory.wal_path();
  options.state_directory = directory.state_path();
  options.data_directory = directory.path();
  options.cluster_id = identity.cluster;
  options.self = {identity.member, config.name, texts_of(config.initial_advertise_peer_urls),
                  texts_of(config.advertise_client_urls)};
  options.founding = identity.founding;
  options.strict_reconfig = config.strict_reconfig_check;
  options.v2_root = config.v2_root;
  options.cluster_version = cluster_version_of(config.advertise_etcd_version);
  options.heartbeat_interval = config.heartbeat_interval;
  options.election_timeout = config.election_timeout;
  options.snapshot_count = config.snapshot_count;
  options.unapplied_entries = config.limits.unapplied_entries;
  options.duties.auto_compaction = config.auto_compaction;
  options.duties.quota_bytes = config.quota_backend_bytes;
  return options;
}

// Others may look into a volume, but not into what we made (IH-2).
Result<void> check_privacy(const Config& config) {
  VIADUCT_TRY_ASSIGN(warning, check_modes(config.data_dir));
  if (warning) log::warn(*warning);
  if (config.wal_dir.empty()) return {};
  VIADUCT_TRY_ASSIGN(wal_warning, check_modes_of_all(config.wal_dir));
  if (wal_warning) log::warn(*wal_warning);
  return {};
}

// The ballast gives a full disk room to start in (CC-13); with room again it is laid by again.
Result<void> settle_ballast(Disk& disk, DataDirectory& directory) {
  VIADUCT_TRY_ASSIGN(free, disk.free_bytes(directory.path()));
  return free < 4 * kBallastBytes ? directory.release_ballast() : directory.create_ballast();
}

std::vector<std::string> hosts_of(const Urls& first, const Urls& second) {
  std::vector<std::string> hosts;
  for (const Urls* urls : {&first, &second}) {
    for (const Url& url : *urls) {
      const bool known = std::find(hosts.begin(), hosts.end(), url.host) != hosts.end();
      if (!known && !url.is_socket_file()) hosts.push_back(url.host);
    }
  }
  return hosts;
}

// --auto-tls and --peer-auto-tls.
Result<void> make_certificates(Disk& disk, const Clock& clock, Config& config) {
  const std::string fixtures = config.data_dir + "/fixtures";
  const auto provide = [&](const char* whose, const Urls& listen, const Urls& advertise, net::TlsSettings& tls) {
    return provide_self_signed(disk, clock, fixtures + whose, hosts_of(listen, advertise),
                               config.self_signed_cert_years, tls);
  };
  if (config.client_auto_tls) {
    VIADUCT_TRY(provide("/client", config.listen_client_urls, config.advertise_client_urls, config.client_tls));
  }
  if (!config.peer_auto_tls) return {};
  return provide("/peer", config.listen_peer_urls, config.initial_advertise_peer_urls, config.peer_tls);
}

peer::LinksOptions links_options(const Config& config, const Node& node) {
  peer::LinksOptions options;
  options.identity.cluster = node.cluster_id();
  options.identity.self = node.member_id();
  options.identity.incarnation = node.incarnation();
  options.identity.version = config.advertise_etcd_version;
  options.identity.advertised_urls = texts_of(config.initial_advertise_peer_urls);
  options.tls = config.peer_tls;
  options.tls_server_name = srv_server_name(config);
  return options;
}

void tell_of_start(const Config& config, const Node& node, bool is_new) {
  std::string text = (is_new ? "starting member " : "restarting member ") + to_hex(node.member_id().value) +
                     " in cluster " + to_hex(node.cluster_id().value);
  if (!is_new) text += " at commit index " + to_string(node.raft_status().commit);
  log::info(text, {{"name", config.name}, {"data_dir", config.data_dir}});
  const std::string version = node.cluster_version();
  if (series_of(version)) log::info("set the cluster version to " + short_version(version) + " from store");
}

}  // namespace

struct Server::Parts {
  Parts(const Config& c, const Clock& clock)
      : config(c), start_wall_ns(clock.wall_ns()), timings(c.slow_apply), loops(clock, net_limits(c), c.io_threads) {}

  Config config;  // with the certificates that were made for it
  const int64_t start_wall_ns;
  std::optional<DataDirectory> directory;
  NodeTimings timings;
  net::LoopGroup loops;
  std::unique_ptr<Node> node;
  std::unique_ptr<peer::Links> links;
  std::unique_ptr<Routes> routes;
  std::unique_ptr<peer::Port> peer_port;
  std::atomic<bool> removed{false};
  Listeners listeners{loops, config};
  bool running = false;
};

Result<std::unique_ptr<Server>> Server::start(const Config& given, Disk& disk, const Clock& clock, Random& random,
                                              std::function<void()> on_removed) {
  auto parts = std::make_unique<Parts>(given, clock);
  const Config& config = parts->config;
  VIADUCT_TRY_ASSIGN(directory, DataDirectory::open(disk, config.data_dir, config.wal_dir));
  parts->directory.emplace(std::move(directory));
  const bool is_new = !parts->directory->identity();
  VIADUCT_TRY(check_privacy(config));
  VIADUCT_TRY(settle_ballast(disk, *parts->directory));
  VIADUCT_TRY(make_certificates(disk, clock, parts->config));
  VIADUCT_TRY(parts->listeners.load_certificates());
  VIADUCT_TRY_ASSIGN(identity, bootstrap(config, *parts->directory, outside_of(config)));
  NodeOptions options = node_options(config, *parts->directory, identity);
  options.force_new_cluster = config.force_new_cluster && !is_new;  // a new one has nothing to take over
  VIADUCT_TRY_ASSIGN(node, Node::open(disk, clock, random, std::move(options), &parts->timings));
  parts->node = std::move(node);
  tell_of_start(config, *parts->node, is_new);
  parts->routes = std::make_unique<Routes>(
      config, Routes::Sources{*parts->node, parts->timings, parts->loops, clock, parts->start_wall_ns, disk,
                              parts->directory->path(), parts->directory->state_path()});
  parts->links = std::make_unique<peer::Links>(links_options(config, *parts->node), *parts->node);
  parts->peer_port =
      std::make_unique<peer::Port>(*parts->links, clock, parts->routes->peer(), &parts->node->snapshot_sink());
  std::unique_ptr<Server> server(new Server(std::move(parts)));
  Parts& started = *server->parts_;
  started.running = true;
  started.node->connect(*started.links, [&started, on_removed = std::move(on_removed)] {
    if (!started.removed.exchange(true)) on_removed();
  });
  started.node->start();
  started.loops.start();
  VIADUCT_TRY(started.listeners.open_peer(*started.peer_port));
  return server;
}

bool Server::wait_until_published(std::chrono::milliseconds timeout) {
  return parts_->node->wait_until_published(timeout);
}

void Server::watch_disk() {
  const std::chrono::nanoseconds under_way = parts_->node->sync_under_way();
  if (under_way >= kHungSync) fatal("wal: a sync has been under way for 20s: the disk hangs");
  if (under_way >= kSlowSync) log::warn("wal: a sync has been under way for more than 1s");
}

Result<void> Server::serve_clients() {
  const Config& config = parts_->config;
  log::info("enabled capabilities for version " + short_version(parts_->node->cluster_version()));
  log::info("published {Name:" + config.name + " ClientURLs:[" + join_urls(config.advertise_client_urls) +
            "]} to cluster " + to_hex(parts_->node->cluster_id().value));
  Listeners& ports = parts_->listeners;
  Routes& routes = *parts_->routes;
  VIADUCT_TRY(ports.open_client(config.listen_client_urls, routes.client(), "serving clients"));
  VIADUCT_TRY(ports.open_client(config.listen_client_http_urls, routes.client_http(), "serving clients over HTTP"));
  VIADUCT_TRY(ports.open_client(config.listen_metrics_urls, routes.metrics(), "serving metrics"));
  log::info("ready to serve client requests");
  return {};
}

bool Server::was_removed() const { return parts_->removed; }

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { stop(); }

void Server::stop() {
  if (!parts_->running) return;
  parts_->running = false;
  parts_->node->hand_over_leadership();
  parts_->listeners.stop();
  parts_->loops.shut_down(kShutdownGrace);
  parts_->node->stop();
  parts_->loops.stop();
  parts_->links->stop();
  parts_->listeners.close();
}

std::string Server::client_url() const {
  const Urls& urls = parts_->config.listen_client_urls;
  return urls.empty() ? std::string() : urls.front().text;
}

}  // namespace viaduct::server
