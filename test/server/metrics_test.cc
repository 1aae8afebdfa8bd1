#include "server/metrics.h"

#include <doctest/doctest.h>

#include "server/metric_families.h"
#include "server/process_figures.h"
#include "test/server/node_cluster.h"
#include "test/support/quiet_log.h"
#include "v3/health.h"

using namespace viaduct;
using namespace viaduct::server;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

}  // namespace

TEST_CASE("families come out by name, each with its type and all its samples") {
  MetricFamilies families;
  families.gauge("b", "second", 2.5);
  families.counter("a_total", "first", 1, {{"code", "404"}, {"method", "GET"}});
  families.counter("a_total", "first", 7, {{"code", "500"}, {"method", "PUT"}});
  CHECK(std::move(families).text() ==
        "# HELP a_total first\n# TYPE a_total counter\n"
        "a_total{code=\"404\",method=\"GET\"} 1\na_total{code=\"500\",method=\"PUT\"} 7\n"
        "# HELP b second\n# TYPE b gauge\nb 2.5\n");
}

TEST_CASE("a histogram is shown cumulated, up to infinity") {
  Histogram<1'000'000, 2> durations;
  for (const int ms : {1, 2, 2, 9}) durations.observe(std::chrono::milliseconds(ms));
  MetricFamilies families;
  families.histogram("h_seconds", "help", durations.sample());
  CHECK(std::move(families).text() ==
        "# HELP h_seconds help\n# TYPE h_seconds histogram\n"
        "h_seconds_count 4\nh_seconds_sum 0.014\n"
        "h_seconds_bucket{le=\"0.001\"} 1\nh_seconds_bucket{le=\"0.002\"} 3\nh_seconds_bucket{le=\"+Inf\"} 4\n");
}

TEST_CASE("a scrape shows what node, store and API have counted") {
  const QuietLog quiet;
  NodeWorld world;
  world.start();
  REQUIRE(succeeded(world.propose(NodeWorld::put("/dir/a", "12345", 100))));
  Command wrong = NodeWorld::put("/dir/a", "2");
  wrong.mutable_v2_write()->set_operation(V2Write::CREATE);
  REQUIRE_FALSE(succeeded(world.propose(std::move(wrong))));

  const SystemClock loop_clock;
  net::LoopGroup loops(loop_clock, net::Limits(), 1);
  v2::KeyStats keys;
  v2::RequestStats requests;
  v2::LimitCounts limits;
  const net::SiteAccess::Refused refused;
  v2::HealthCounts health;
  keys.count_get(true, true);
  requests.received(v2::RequestStats::Kind::kQuorumGet);
  requests.succeeded(v2::RequestStats::Kind::kQuorumGet, std::chrono::milliseconds(1));
  requests.failed(v2::RequestStats::Kind::kPost, 403);
  v2::LimitCounts::count(limits.path_elements);
  health.failures = 3;
  v3::Methods methods;
  v3::add_health_methods(methods);
  v3::Dispatch dispatch(methods, *world.node, v3::Release("3.5.21"), 1000);
  const size_t check = methods.find("/grpc.health.v1.Health/Check")->number;
  dispatch.counts().started(check);
  dispatch.counts().ended(check, v3::StatusCode::kNotFound);
  v3::WatchCounters watches;
  watches.behind = 2;
  const MetricSources sources{*world.node, world.timings, loops,   keys,     requests,   limits, refused,
                              health,      dispatch,      watches, "3.5.21", "/nowhere", 5000};

  MetricFamilies families;
  show_node(sources, families);
  show_store(sources, families);
  show_v2(sources, families);
  show_v3(sources, families);
  show_network(sources, families);
  const std::string text = std::move(families).text();
  for (const std::string line : {
           "etcd_server_id{server_id=\"a\"} 1",
           "etcd_server_version{server_version=\"3.5.21\"} 1",
           "etcd_cluster_version{cluster_version=\"3.5\"} 1",
           "etcd_server_has_leader 1",
           "etcd_server_is_leader 1",
           "etcd_server_leader_changes_seen_total 1",
           "etcd_server_read_indexes_failed_total 0",
           "etcd_server_slow_read_indexes_total 0",
           "etcd_server_quota_backend_bytes 5000",
           "etcd_server_health_failures 3",
           "etcd_debugging_mvcc_keys_total 1",
           "etcd_debugging_mvcc_current_revision 2",
           "etcd_mvcc_put_total 1",
           "viaduct_index 4",
           "viaduct_directories 2",
           "viaduct_leases 1",
           "etcd_http_received_total{method=\"QGET\"} 1",
           "etcd_http_failed_total{code=\"403\",method=\"POST\"} 1",
           "etcd_http_successful_duration_seconds_bucket{method=\"QGET\",le=\"0.0005\"} 0",
           "etcd_http_successful_duration_seconds_bucket{method=\"QGET\",le=\"0.001\"} 1",
           "etcd_http_successful_duration_seconds_count{method=\"QGET\"} 1",
           "etcd_debugging_store_reads_total{action=\"getRecursive\"} 1",
           "etcd_debugging_store_writes_total{action=\"set\"} 1",
           "etcd_debugging_store_writes_failed_total{action=\"create\"} 1",
           "grpc_server_started_total{grpc_method=\"Check\",grpc_service=\"grpc.health.v1.Health\",grpc_type=\"unary\"}"
           " 1",
           "grpc_server_handled_total{grpc_method=\"Check\",grpc_service=\"grpc.health.v1.Health\",grpc_type=\"unary\","
           "grpc_code=\"NotFound\"} 1",
           "etcd_debugging_mvcc_slow_watcher_total 2",
           "viaduct_limits_met_total{limit=\"path_elements\"} 1",
           "viaduct_limits_met_total{limit=\"command_bytes\"} 0",
       }) {
    CAPTURE(line);
    CHECK(has_line(text, line));
  }
  CHECK(text.find("method=\"PUT\"") == std::string::npos);  // nobody asked
  CHECK(text.find("grpc_method=\"Watch\"") == std::string::npos);
  CHECK(world.timings.wal_syncs().total() > 0);
  CHECK(world.timings.group_applies().total() > 0);
}

TEST_CASE("a scrape shows each other member's link, and the snapshots exchanged with it") {
  const QuietLog quiet;
  NodeCluster cluster(3);
  const MemberId leader = cluster.leader();
  const MemberId self = cluster.other_than(leader);
  const std::string id = to_hex(self.value), other = to_hex(leader.value);
  cluster.node(self).snapshot_sent(leader, std::nullopt);
  for (const uint64_t index : {5, 6}) cluster.node(self).snapshot_sent(leader, Index(index));
  cluster.cut(leader, self);
  MetricFamilies families;
  show_peers(cluster.node(self), families);
  const std::string text = std::move(families).text();
  CHECK(has_line(text, "etcd_network_active_peers{Local=\"" + id + "\",Remote=\"" + other + "\"} 0"));
  CHECK(text.find("\"} 1\n") != std::string::npos);  // the third
  CHECK(has_line(text, "etcd_network_peer_sent_bytes_total{To=\"" + other + "\"} 0"));
  CHECK(has_line(text, "etcd_network_peer_received_bytes_total{From=\"" + other + "\"} 0"));
  CHECK(has_line(text, "etcd_network_snapshot_send_success{To=\"" + other + "\"} 2"));
  CHECK(has_line(text, "etcd_network_snapshot_send_failures{To=\"" + other + "\"} 1"));
  CHECK(text.find("snapshot_receive") == std::string::npos);
}

TEST_CASE("a process's figures are found whatever its name holds") {
  const char* const kRest =
      " S 1 2 3 0 -1 4194560 10 0 0 0 150 50 0 0 20 0 7 0 12345 987654321 4321 18446744073709551615 1 1";
  for (const char* name : {"(viaduct)", "(a b)", "(x) S 9 9)", "()"}) {
    CAPTURE(name);
    const auto stat = parse_process_stat("42 " + std::string(name) + kRest);
    REQUIRE(stat);
    CHECK(stat->cpu_ticks == 200);
    CHECK(stat->threads == 7);
    CHECK(stat->start_ticks == 12345);
    CHECK(stat->virtual_bytes == 987654321);
    CHECK(stat->resident_pages == 4321);
  }
  for (const char* text : {"", "42 (x", "42 (x) S 1 2 3", "42 (x) S 1 2 3 0 -1 4194560 10 0 0 0 a b"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_process_stat(text));
  }
}

TEST_CASE("this process has figures") {
  const ProcessFigures figures = process_figures();
  CHECK(figures.resident_bytes > 1'000'000);
  CHECK(figures.virtual_bytes >= figures.resident_bytes);
  CHECK(figures.threads >= 1);
  CHECK(figures.open_descriptors >= 3);
  CHECK(figures.descriptor_limit >= figures.open_descriptors);
  CHECK(figures.start_seconds > 1.5e9);
  CHECK_FALSE(command_line().empty());
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)  // their allocators keep no such account
  CHECK(heap_figures().used_bytes > 0);
#endif
}
