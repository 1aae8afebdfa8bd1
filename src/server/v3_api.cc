#include "server/v3_api.h"

#include <optional>

#include "server/identity.h"
#include "server/urls.h"
#include "v3/auth.h"
#include "v3/cluster.h"
#include "v3/election.h"
#include "v3/gateway.h"
#include "v3/health.h"
#include "v3/keep_alive.h"
#include "v3/key_signals.h"
#include "v3/kv.h"
#include "v3/lease.h"
#include "v3/lock.h"
#include "v3/maintenance.h"
#include "v3/method.h"
#include "v3/range_stream.h"
#include "v3/reflection.h"
#include "v3/service.h"
#include "v3/snapshot_service.h"

namespace viaduct::server {
namespace {

v3::ServiceOptions service_options(const Config& config) {
  v3::ServiceOptions options;
  options.release = v3::Release(config.advertise_etcd_version);
  options.max_txn_ops = config.max_txn_ops;
  options.max_request_bytes = config.max_request_bytes;
  options.quota_bytes = config.quota_backend_bytes;
  options.max_leases = config.limits.leases;
  options.election_timeout = config.election_timeout;
  options.max_learners = config.max_learners;
  return options;
}
static_assert(Config::kNoQuota == v3::ServiceOptions::kNoQuota);

v3::WatchOptions watch_options(const Config& config) {
  v3::WatchOptions options;
  options.progress_interval = config.watch_progress_interval;
  options.fragment_bytes = config.max_request_bytes + v3::kMessageOverheadBytes;
  options.watches = config.limits.watchers;
  options.stream_bytes = config.limits.unread_bytes / 2;
  options.watch_bytes = options.stream_bytes / 4;
  options.loop_bytes = config.limits.watch_backlog_bytes;
  return options;
}

Result<void> check_peer_url(const std::string& text) {
  VIADUCT_TRY(parse_url(text));
  return {};
}

}  // namespace

struct V3Api::Parts {
  Parts(const Config& config, const Sources& sources)
      : watch(sources.engine, watch_options(config), watch_counters),
        signals(sources.engine, sources.loops),
        dispatch(methods, sources.engine, v3::Release(config.advertise_etcd_version), config.max_request_bytes) {
    add_methods(config, sources);
    grpc.emplace(dispatch, sources.loops, config.election_timeout);
    if (config.enable_grpc_gateway) gateway.emplace(dispatch, sources.access, sources.loops, config.election_timeout);
  }

  void add_methods(const Config& config, const Sources& sources) {
    v3bridge::Engine& engine = sources.engine;
    const v3::ServiceOptions options = service_options(config);
    v3::add_kv_methods(methods, engine, options);
    v3::add_range_stream_method(methods, engine, options);
    v3::add_watch_methods(methods, watch);
    v3::add_lease_methods(methods, engine, options);
    v3::add_keep_alive_method(methods, engine);
    v3::add_cluster_methods(methods, engine, options, check_peer_url,
                            [&clock = sources.clock](const std::vector<std::string>& peer_urls) {
                              return derive_added_member_id(peer_urls, clock);
                            });
    v3::add_maintenance_methods(methods, engine, options);
    v3::add_snapshot_method(methods, engine, sources.disk, options.release,
                            v3::SnapshotOptions{.directory = sources.data_directory});
    v3::add_auth_methods(methods, engine, options, static_cast<int>(config.bcrypt_cost));
    v3::add_lock_methods(methods, engine, options, signals);
    v3::add_election_methods(methods, engine, options, signals);
    v3::add_health_methods(methods);
    v3::add_reflection_methods(methods);  // shows those above
  }

  v3::WatchCounters watch_counters;
  v3::WatchService watch;
  v3::KeySignals signals;
  v3::Methods methods;
  v3::Dispatch dispatch;
  std::optional<v3::GrpcFront> grpc;  // made when all methods are there
  std::optional<v3::Gateway> gateway;
};

V3Api::V3Api(const Config& config, const Sources& sources) : parts_(std::make_unique<Parts>(config, sources)) {}

V3Api::~V3Api() = default;

v3::GrpcFront& V3Api::grpc() { return *parts_->grpc; }
net::Handler* V3Api::gateway() { return parts_->gateway ? &*parts_->gateway : nullptr; }
const v3::Dispatch& V3Api::dispatch() const { return parts_->dispatch; }
const v3::WatchCounters& V3Api::watches() const { return parts_->watch_counters; }

}  // namespace viaduct::server
