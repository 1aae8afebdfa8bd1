// The v2 series: etcd_http_* and etcd_debugging_store_* (v2-api.md 3.4).
#include <utility>

#include "server/metric_families.h"
#include "server/metrics.h"

namespace viaduct::server {
namespace {

constexpr const char* kReceivedHelp = "Requests of /v2/keys that were understood, watches left out.";
constexpr const char* kFailedHelp = "Requests of /v2/keys that were understood and failed.";
constexpr const char* kDurationHelp = "Time to answer requests of /v2/keys that succeeded, watches left out.";
constexpr const char* kReadsHelp = "Reads that found a node.";
constexpr const char* kReadsFailedHelp = "Reads that found none.";
constexpr const char* kWritesHelp = "Writes that were applied.";
constexpr const char* kWritesFailedHelp = "Writes that the store refused.";

// As in etcd, a method shows once it was asked for.
void show_requests(const v2::RequestStats& requests, MetricFamilies& families) {
  using v2::RequestStats;
  for (size_t i = 0; i < RequestStats::kNames.size(); ++i) {
    const RequestStats::Totals totals = requests.totals(static_cast<RequestStats::Kind>(i));
    const std::string method(RequestStats::kNames[i]);
    if (totals.received != 0) {
      families.counter("etcd_http_received_total", kReceivedHelp, static_cast<double>(totals.received),
                       {{"method", method}});
    }
    if (totals.durations.total() != 0) {
      families.histogram("etcd_http_successful_duration_seconds", kDurationHelp, totals.durations,
                         {{"method", method}});
    }
    for (size_t status = 0; status < totals.failed.size(); ++status) {
      if (totals.failed[status] == 0) continue;
      families.counter("etcd_http_failed_total", kFailedHelp, static_cast<double>(totals.failed[status]),
                       {{"code", std::to_string(RequestStats::kStatuses[status])}, {"method", method}});
    }
  }
}

void show_reads(const v2::KeyStats& keys, MetricFamilies& families) {
  for (const auto& [recursive, action] : {std::pair(false, "get"), std::pair(true, "getRecursive")}) {
    families.counter("etcd_debugging_store_reads_total", kReadsHelp, static_cast<double>(keys.gets(recursive, true)),
                     {{"action", action}});
    families.counter("etcd_debugging_store_reads_failed_total", kReadsFailedHelp,
                     static_cast<double>(keys.gets(recursive, false)), {{"action", action}});
  }
}

void show_writes(const v3bridge::ApplyCounts& counts, MetricFamilies& families) {
  for (const v2::WriteTotals& totals : v2::write_totals(counts)) {
    const MetricFamilies::Labels labels = {{"action", totals.action}};
    families.counter("etcd_debugging_store_writes_total", kWritesHelp, static_cast<double>(totals.success), labels);
    families.counter("etcd_debugging_store_writes_failed_total", kWritesFailedHelp, static_cast<double>(totals.failure),
                     labels);
  }
}

}  // namespace

void show_v2(const MetricSources& sources, MetricFamilies& families) {
  show_requests(sources.requests, families);
  show_reads(sources.keys, families);
  show_writes(sources.node.counts(), families);
  families.counter("etcd_debugging_store_expires_total", "Keys and directories whose ttl ended.",
                   static_cast<double>(sources.node.counts().expired));
  families.counter("etcd_debugging_store_watch_requests_total", "Watches begun.",
                   static_cast<double>(sources.keys.watch_requests()));
  families.gauge("etcd_debugging_store_watchers", "Watches of v2 clients that wait.",
                 static_cast<double>(sources.keys.watchers()));
}

}  // namespace viaduct::server
