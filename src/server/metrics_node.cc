// Member, raft and log: the figures of etcd_server_* and etcd_disk_wal_*.
#include "base/version.h"
#include "server/config.h"
#include "server/metric_families.h"
#include "server/metrics.h"
#include "server/series.h"

namespace viaduct::server {
namespace {

void show_member(const MetricSources& sources, MetricFamilies& families) {
  const Node& node = sources.node;
  families.gauge("etcd_server_id", "This member's id, in hexadecimal, as label.", 1,
                 {{"server_id", to_hex(node.member_id().value)}});
  families.gauge("etcd_server_version", "The etcd version that clients are told, as label.", 1,
                 {{"server_version", sources.etcd_version}});
  families.gauge("etcd_cluster_version", "The cluster's version, as label.", 1,
                 {{"cluster_version", short_version(node.cluster_version())}});
  families.gauge("viaduct_version", "The version of this program, as label.", 1, {{"version", kVersion}});
  if (sources.quota_bytes != Config::kNoQuota) {
    families.gauge("etcd_server_quota_backend_bytes", "Bytes that the store may hold.",
                   static_cast<double>(sources.quota_bytes));
  }
  for (const v3bridge::ActiveAlarm& alarm : node.alarms()) {
    families.gauge("viaduct_alarm", "1 for each alarm that is raised.", 1,
                   {{"alarm", alarm.kind}, {"member", to_hex(alarm.member.value)}});
  }
  families.counter("etcd_server_health_success", "Times /health said healthy.",
                   static_cast<double>(sources.health.success));
  families.counter("etcd_server_health_failures", "Times /health said unhealthy.",
                   static_cast<double>(sources.health.failures));
}

void show_raft(const MetricSources& sources, MetricFamilies& families) {
  const v3bridge::RaftStatus raft = sources.node.raft_status();
  const auto gauge = [&](const char* name, const char* help, auto value) {
    families.gauge(name, help, static_cast<double>(value));
  };
  gauge("etcd_server_has_leader", "1 if this member knows a leader.", raft.leader ? 1 : 0);
  gauge("etcd_server_is_leader", "1 if this member leads.", raft.role == v3bridge::RaftRole::kLeader ? 1 : 0);
  gauge("etcd_server_is_learner", "1 if this member has no vote.", sources.node.is_learner() ? 1 : 0);
  gauge("etcd_server_proposals_committed_total", "Index of the newest committed entry.", raft.commit.value);
  gauge("etcd_server_proposals_applied_total", "Index of the newest applied entry.", raft.applied.value);
  gauge("viaduct_raft_term", "The current raft term.", raft.term.value);
}

void show_counts(const MetricSources& sources, MetricFamilies& families) {
  const NodeCounts& counts = sources.node.node_counts();
  const auto counter = [&](const char* name, const char* help, uint64_t value) {
    families.counter(name, help, static_cast<double>(value));
  };
  counter("etcd_server_leader_changes_seen_total", "Leaders seen to take over.", counts.leader_changes);
  counter("etcd_server_proposals_failed_total", "Proposals refused or timed out.", counts.proposals_failed);
  families.gauge("etcd_server_proposals_pending", "Proposals in the log that are not committed yet.",
                 static_cast<double>(counts.proposals_pending));
  counter("etcd_server_slow_read_indexes_total", "Questions to a leader for a read index that were put again.",
          counts.reads_asked_again);
  counter("etcd_server_read_indexes_failed_total", "Linearizable reads whose time ran out.", counts.reads_failed);
  counter("etcd_server_slow_apply_total", "Groups of entries that took long to apply.", sources.timings.slow_applies());
  families.gauge("etcd_disk_wal_write_bytes_total", "Bytes of entries written to the log.",
                 static_cast<double>(counts.wal_bytes));
  counter("viaduct_log_cuts_total", "How often the write-ahead log was cut behind a durable state.", counts.log_cuts);
  families.histogram("etcd_disk_wal_fsync_duration_seconds", "Time of each sync of the log.",
                     sources.timings.wal_syncs());
  families.histogram("etcd_disk_backend_commit_duration_seconds", "Time to apply a group of entries.",
                     sources.timings.group_applies());
}

}  // namespace

void show_node(const MetricSources& sources, MetricFamilies& families) {
  show_member(sources, families);
  show_raft(sources, families);
  show_counts(sources, families);
}

}  // namespace viaduct::server
