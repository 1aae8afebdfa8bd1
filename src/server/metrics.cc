#include "server/metrics.h"

#include "server/metric_families.h"
#include "server/process_figures.h"
#include "server/reply_off_loop.h"

namespace viaduct::server {

void Metrics::serve(v2::Exchange&& exchange) {
  reply_off_loop(sources_.node.readers(), std::move(exchange), "text/plain; version=0.0.4; charset=utf-8",
                 [this] { return text(); });
}

std::string Metrics::text() const {
  MetricFamilies families;
  show_node(sources_, families);
  show_store(sources_, families);
  show_v2(sources_, families);
  show_v3(sources_, families);
  show_network(sources_, families);
  show_peers(sources_.node, families);
  show_process(families);
  return std::move(families).text();
}

void show_process(MetricFamilies& families) {
  const ProcessFigures figures = process_figures();
  const auto gauge = [&](const char* name, const char* help, auto value) {
    families.gauge(name, help, static_cast<double>(value));
  };
  families.counter("process_cpu_seconds_total", "CPU time used, user and system.", figures.cpu_seconds);
  gauge("process_open_fds", "File descriptors in use.", figures.open_descriptors);
  gauge("process_max_fds", "File descriptors there may be.", figures.descriptor_limit);
  gauge("process_resident_memory_bytes", "Memory in RAM.", figures.resident_bytes);
  gauge("process_virtual_memory_bytes", "Address space in use.", figures.virtual_bytes);
  gauge("process_virtual_memory_max_bytes", "Address space there may be.", figures.virtual_limit_bytes);
  gauge("process_start_time_seconds", "When this process started, in Unix time.", figures.start_seconds);
  gauge("process_threads", "Threads.", figures.threads);
  gauge("os_fd_used", "File descriptors in use.", figures.open_descriptors);
  gauge("os_fd_limit", "File descriptors there may be.", figures.descriptor_limit);
}

}  // namespace viaduct::server
