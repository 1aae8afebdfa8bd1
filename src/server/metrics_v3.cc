// The v3 series: calls by method and code as grpc_server_*, and watches.
#include "server/metric_families.h"
#include "server/metrics.h"

namespace viaduct::server {
namespace {

constexpr const char* kCodeNames[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};
static_assert(std::size(kCodeNames) == v3::CallCounts::kCodes);

MetricFamilies::Labels labels_of(const v3::Method& method) {
  static constexpr const char* kTypes[] = {"unary", "server_stream", "bidi_stream"};
  const size_t slash = method.path.rfind('/');
  return {{"grpc_method", method.path.substr(slash + 1)},
          {"grpc_service", method.path.substr(1, slash - 1)},
          {"grpc_type", kTypes[static_cast<size_t>(method.kind)]}};
}

// A method shows once it was called, a code once a call ended with it.
void show_calls(const v3::Dispatch& dispatch, MetricFamilies& families) {
  for (const auto& method : dispatch.methods().all()) {
    const v3::CallCounts::Sum sum = dispatch.counts().sum(method->number);
    if (sum.started == 0) continue;
    const MetricFamilies::Labels labels = labels_of(*method);
    const auto counter = [&](const char* name, const char* help, uint64_t value) {
      families.counter(name, help, static_cast<double>(value), labels);
    };
    counter("grpc_server_started_total", "Calls that began, of either wire.", sum.started);
    counter("grpc_server_msg_received_total", "Messages that clients sent.", sum.received);
    counter("grpc_server_msg_sent_total", "Messages sent to clients.", sum.sent);
    for (size_t code = 0; code < sum.ended.size(); ++code) {
      if (sum.ended[code] == 0) continue;
      MetricFamilies::Labels with_code = labels;
      with_code.emplace_back("grpc_code", kCodeNames[code]);
      families.counter("grpc_server_handled_total", "Calls that ended, by how.", static_cast<double>(sum.ended[code]),
                       with_code);
    }
  }
}

void show_watches(const v3::WatchCounters& watches, MetricFamilies& families) {
  families.gauge("etcd_debugging_mvcc_watch_stream_total", "Watch streams that are open.",
                 static_cast<double>(watches.streams));
  families.gauge("etcd_debugging_mvcc_watcher_total", "Watches of v3 clients.", static_cast<double>(watches.watches));
  families.gauge("etcd_debugging_mvcc_slow_watcher_total", "Of these, those that read the log.",
                 static_cast<double>(watches.behind));
  families.counter("etcd_debugging_mvcc_events_total", "Events sent to them.", static_cast<double>(watches.events));
}

}  // namespace

void show_v3(const MetricSources& sources, MetricFamilies& families) {
  show_calls(sources.dispatch, families);
  show_watches(sources.watches, families);
}

}  // namespace viaduct::server
