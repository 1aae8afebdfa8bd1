// Connections, and how often each limit of reliability.md 7 was met.
#include "server/metric_families.h"
#include "server/metrics.h"

namespace viaduct::server {
namespace {

using net::Counter;
using net::Counters;

constexpr const char* kLimitHelp = "How often a limit was met, by the limit; each refused or cut off one client.";

struct Row {
  const char* limit;
  Counter Counters::*counter;
};
constexpr Row kLimits[] = {
    {"connections", &Counters::connection_limit},
    {"connections_per_address", &Counters::address_limit},
    {"descriptors", &Counters::accept_failures},
    {"handshakes", &Counters::handshake_limit},
    {"handshake_time", &Counters::handshake_timeouts},
    {"header_time", &Counters::head_timeouts},
    {"body_time", &Counters::body_timeouts},
    {"idle_time", &Counters::idle_timeouts},
    {"unread_time", &Counters::write_stalls},
    {"unread_bytes", &Counters::output_overflows},
    {"request_line_bytes", &Counters::request_line_too_long},
    {"header_bytes", &Counters::header_list_too_large},
    {"header_field_bytes", &Counters::header_field_too_large},
    {"header_count", &Counters::too_many_headers},
    {"body_bytes", &Counters::bodies_too_large},
    {"memory_bytes", &Counters::memory_refusals},
    {"pipelined_requests", &Counters::pipeline_full},
    {"request_syntax", &Counters::bad_requests},
    {"http_version", &Counters::bad_versions},
    {"transfer_coding", &Counters::bad_transfer_codings},
    {"expectation", &Counters::bad_expectations},
    {"http2_streams", &Counters::http2_streams},
    {"http2_resets", &Counters::http2_resets},
    {"http2_continuations", &Counters::http2_continuations},
    {"http2_empty_frames", &Counters::http2_empty_frames},
    {"http2_settings", &Counters::http2_settings},
    {"http2_unsent_acks", &Counters::http2_unsent_acks},
    {"http2_queued_frames", &Counters::http2_queued_frames},
    {"http2_pings", &Counters::http2_pings},
    {"http2_unanswered_pings", &Counters::http2_silent},
};

}  // namespace

void show_network(const MetricSources& sources, MetricFamilies& families) {
  const auto counter = [&](const char* name, const char* help, Counter Counters::*which) {
    families.counter(name, help, static_cast<double>(sources.loops.sum(which)));
  };
  families.gauge("viaduct_connections_open", "Client connections that are open.",
                 static_cast<double>(sources.loops.sum(&Counters::connections_open)));
  counter("viaduct_connections_accepted_total", "Client connections accepted.", &Counters::connections_accepted);
  const auto handshakes = [&](const char* outcome, Counter Counters::*which) {
    families.counter("viaduct_tls_handshakes_total", "TLS handshakes that are over, by how they ended.",
                     static_cast<double>(sources.loops.sum(which)), {{"outcome", outcome}});
  };
  handshakes("let_in", &Counters::handshakes);
  handshakes("refused", &Counters::handshake_failures);
  counter("viaduct_requests_total", "Requests of every kind.", &Counters::requests);
  counter("viaduct_received_bytes_total", "Bytes read from clients.", &Counters::bytes_in);
  counter("viaduct_sent_bytes_total", "Bytes written to clients.", &Counters::bytes_out);

  const auto limit = [&](const char* name, uint64_t value) {
    families.counter("viaduct_limits_met_total", kLimitHelp, static_cast<double>(value), {{"limit", name}});
  };
  for (const Row& row : kLimits) limit(row.limit, sources.loops.sum(row.counter));
  limit("host", sources.refused_sites.hosts);
  limit("origin", sources.refused_sites.origins);
  limit("v2_body_bytes", sources.limits.body_bytes);
  limit("form_fields", sources.limits.form_fields);
  limit("path_bytes", sources.limits.path_bytes);
  limit("path_elements", sources.limits.path_elements);
  limit("watchers", sources.limits.watchers);
  limit("v3_watches", sources.watches.member_limit);
  limit("v3_watches_per_stream", sources.watches.stream_limit);
  const NodeCounts& node = sources.node.node_counts();
  limit("command_bytes", node.commands_too_large);
  limit("queued_requests", node.requests_too_many);
}

}  // namespace viaduct::server
