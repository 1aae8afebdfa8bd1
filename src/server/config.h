// Everything the server was told, typed and checked: what flags, environment or configuration file said, with defaults
// filled in. flag_table.h lists the settings, load_config.h makes one of these.
// Threads: plain values; made once at start and never changed.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "net/tls_settings.h"
#include "server/urls.h"

namespace viaduct::server {

struct AutoCompaction {
  enum class Mode {
    kBounded,   // nothing was said: the default history of DESIGN D5
    kOff,       // retention 0 was given: everything is kept
    kPeriodic,  // keep what is younger than `age`
    kRevision,  // keep the newest `revisions`
  };
  Mode mode = Mode::kBounded;
  std::chrono::nanoseconds age{0};
  uint64_t revisions = 0;
};

// Bounds on what strangers may ask for (reliability.md 7); flags --limit-*.
struct Limits {
  uint64_t connections = 0;              // per listener; 0 = 80 % of the file descriptor limit
  uint64_t connections_per_address = 0;  // 0 = no bound
  uint64_t handshakes = 512;             // TLS handshakes under way per listener
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  std::chrono::nanoseconds header_timeout =
      std::chrono::seconds(10);  // from first byte or connect to the end of the headers
  std::chrono::nanoseconds body_grace = std::chrono::seconds(5);  // before body_bytes_per_second counts
  uint64_t body_bytes_per_second = 1024;
  std::chrono::nanoseconds idle_timeout =
      std::chrono::seconds(120);  // HTTP/1 without request; parked watches are exempt
  std::chrono::nanoseconds http2_idle_timeout = std::chrono::hours(1);  // HTTP/2 without stream
  std::chrono::nanoseconds unread_timeout = std::chrono::seconds(60);   // a reply the client does not read
  uint64_t unread_bytes = 8 << 20;          // buffered for such a client; at half of it a stream of v3 watches waits
  uint64_t watch_unread_bytes = 64 << 10;   // the same for an HTTP/1 watch
  uint64_t watch_backlog_bytes = 64 << 20;  // of events that a loop has not got to; then its v3 watches read the log
  uint64_t request_line_bytes = 8192;       // CRLF included
  uint64_t header_bytes = 64 << 10;
  uint64_t header_field_bytes = 8 << 10;
  uint64_t header_count = 128;
  uint64_t v2_body_bytes = 2 << 20;
  uint64_t watchers = 1'000'000;        // of this member
  uint64_t leases = 10'000'000;         // of the cluster; more are refused to clients
  uint64_t response_bytes = 512 << 20;  // replies in flight of this member
  uint64_t unapplied_entries = 5000;    // committed, not yet applied
};

// Name and one URL each, names may repeat; sorted.
using InitialCluster = std::vector<std::pair<std::string, Url>>;

struct Config {
  // Member
  std::string name = "default";
  std::string data_dir;        // never empty once loaded: ${name}.viaduct by default
  bool data_dir_given = true;  // false: data_dir is the default, which is worth a warning
  std::string wal_dir;         // empty: below data_dir
  uint64_t snapshot_count = 100'000;
  std::chrono::milliseconds heartbeat_interval{100};
  std::chrono::milliseconds election_timeout{1000};
  uint64_t quota_backend_bytes = 2ull << 30;  // kNoQuota: unbounded
  uint64_t max_txn_ops = 128;
  uint64_t max_request_bytes = 1'572'864;
  uint32_t max_concurrent_streams = 4096;
  std::chrono::nanoseconds grpc_keepalive_min_time = std::chrono::seconds(5);
  std::chrono::nanoseconds grpc_keepalive_interval = std::chrono::hours(2);
  std::chrono::nanoseconds grpc_keepalive_timeout = std::chrono::seconds(20);
  static constexpr uint64_t kNoQuota = std::numeric_limits<uint64_t>::max();

  // Addresses
  Urls listen_peer_urls;
  Urls listen_client_urls;
  Urls listen_client_http_urls;  // HTTP only; when given, listen_client_urls is for gRPC
  Urls listen_metrics_urls;      // only /metrics and health
  Urls initial_advertise_peer_urls;
  Urls advertise_client_urls;
  net::TlsSettings client_tls;   // of all listeners but the peers'
  net::TlsSettings peer_tls;     // of the peers' listeners, and for dialling other members
  bool client_auto_tls = false;  // their pair is made at start, below data_dir
  bool peer_auto_tls = false;
  uint32_t self_signed_cert_years = 1;
  bool socket_reuse_port = false;
  bool socket_reuse_address = false;

  // Cluster
  InitialCluster initial_cluster;
  std::string initial_cluster_token = "etcd-cluster";
  bool initial_cluster_existing = false;  // join instead of found
  bool force_new_cluster = false;
  std::string discovery;                 // URL of a v2 discovery service; empty: none
  bool discovery_fallback_proxy = true;  // become a proxy when the discovered cluster is full; else leave
  std::string discovery_proxy;           // http://host:port on the way there; empty: none
  std::string discovery_srv;             // domain whose SRV records name the founders; empty: none
  std::string discovery_srv_name;        // suffix of the service's name
  std::vector<std::string> join_peers;   // 0.4's -peers: URLs of members that are asked to take this one in
  uint32_t join_attempts = 3;
  std::chrono::nanoseconds join_retry_interval = std::chrono::seconds(3);
  bool strict_reconfig_check = true;
  uint64_t max_learners = 1;
  bool pre_vote = true;
  AutoCompaction auto_compaction;

  // APIs
  bool enable_v2 = true;
  bool enable_grpc_gateway = true;
  bool enable_pprof = false;
  bool extensive_metrics = false;
  std::vector<std::string> cors = {"*"};            // origins; {"*"} = any
  std::vector<std::string> host_whitelist = {"*"};  // Host header names on plain listeners; {"*"} = any
  uint32_t bcrypt_cost = 10;
  std::chrono::seconds auth_token_ttl{300};
  std::chrono::nanoseconds watch_progress_interval = std::chrono::minutes(10);
  std::chrono::nanoseconds slow_apply = std::chrono::milliseconds(100);    // warn beyond
  std::chrono::nanoseconds slow_request = std::chrono::milliseconds(300);  // warn beyond

  // Logging
  log::Level log_level = log::Level::kInfo;
  std::vector<std::string> log_outputs = {"stderr"};

  // Ours
  uint32_t io_threads = 1;                        // never 0 once loaded
  std::string v2_root;                            // empty, or a canonical v3 key prefix: v2's / is this key
  std::string advertise_etcd_version = "3.5.21";  // what clients are told
  bool unsafe_no_fsync = false;
  Limits limits;
};

}  // namespace viaduct::server
