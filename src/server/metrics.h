// /metrics: everything that is counted somewhere, gathered at the moment of a scrape (operations.md 7.3, v2-api.md
// 3.4). Figures that etcd has too go by etcd's names; ours begin with viaduct_.
// Threads: serve() on any loop; the gathering on a reader thread.
#pragma once

#include <string>

#include "net/loop_group.h"
#include "net/site_access.h"
#include "server/node.h"
#include "server/node_timings.h"
#include "v2/exchange.h"
#include "v2/health.h"
#include "v2/stats.h"
#include "v3/dispatch.h"
#include "v3/watch_service.h"

namespace viaduct::server {

class MetricFamilies;

// Where the figures come from; all borrowed.
struct MetricSources {
  Node& node;
  const NodeTimings& timings;
  const net::LoopGroup& loops;
  const v2::KeyStats& keys;
  const v2::RequestStats& requests;
  const v2::LimitCounts& limits;
  const net::SiteAccess::Refused& refused_sites;
  const v2::HealthCounts& health;
  const v3::Dispatch& dispatch;
  const v3::WatchCounters& watches;
  std::string etcd_version;     // that clients are told
  std::string state_directory;  // the first (StateDirectory)
  uint64_t quota_bytes;         // Config::kNoQuota: unbounded
};

void show_node(const MetricSources& sources, MetricFamilies& families);     // raft, log, member
void show_store(const MetricSources& sources, MetricFamilies& families);    // keys, history, leases, disk
void show_v2(const MetricSources& sources, MetricFamilies& families);       // requests of /v2/keys
void show_v3(const MetricSources& sources, MetricFamilies& families);       // calls and watches of v3
void show_network(const MetricSources& sources, MetricFamilies& families);  // connections and limits
void show_peers(const Node& node, MetricFamilies& families);                // links and snapshots
void show_process(MetricFamilies& families);

class Metrics final : public v2::Endpoint {
 public:
  explicit Metrics(MetricSources sources) : sources_(std::move(sources)) {}
  void serve(v2::Exchange&& exchange) override;

 private:
  std::string text() const;

  const MetricSources sources_;
};

}  // namespace viaduct::server
