// The other members: the figures of etcd_network_*, but for clients.
#include "server/metric_families.h"
#include "server/metrics.h"

namespace viaduct::server {
namespace {

void show_links(const Node& node, MetricFamilies& families) {
  const std::string local = to_hex(node.member_id().value);
  for (const v3bridge::Traffic& traffic : node.traffic()) {
    const std::string remote = to_hex(traffic.id.value);
    const MetricFamilies::Labels to{{"To", remote}}, from{{"From", remote}};
    families.gauge("etcd_network_active_peers", "1 for each other member with connections both ways.",
                   traffic.connected ? 1 : 0, {{"Local", local}, {"Remote", remote}});
    families.counter("etcd_network_peer_sent_bytes_total", "Bytes sent to another member.",
                     static_cast<double>(traffic.bytes_sent), to);
    families.counter("etcd_network_peer_sent_failures_total", "Appends to another member that were lost on the way.",
                     static_cast<double>(traffic.appends_failed), to);
    families.counter("etcd_network_peer_received_bytes_total", "Bytes received from another member.",
                     static_cast<double>(traffic.bytes_received), from);
  }
}

void show_snapshots(const Node& node, MetricFamilies& families) {
  for (const auto& [id, counts] : node.snapshot_counts()) {
    const MetricFamilies::Labels to{{"To", to_hex(id.value)}}, from{{"From", to_hex(id.value)}};
    const auto counter = [&](const char* name, const char* help, uint64_t value, const MetricFamilies::Labels& labels) {
      if (value > 0) families.counter(name, help, static_cast<double>(value), labels);
    };
    counter("etcd_network_snapshot_send_success", "Snapshots that another member has installed.", counts.sent, to);
    counter("etcd_network_snapshot_send_failures", "Snapshots that did not get there.", counts.send_failures, to);
    counter("etcd_network_snapshot_receive_success", "Snapshots installed here.", counts.received, from);
    counter("etcd_network_snapshot_receive_failures", "Snapshots that came whole and were not installed.",
            counts.receive_failures, from);
  }
}

}  // namespace

void show_peers(const Node& node, MetricFamilies& families) {
  show_links(node, families);
  show_snapshots(node, families);
}

}  // namespace viaduct::server
