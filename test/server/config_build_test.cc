#include "server/config_build.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/flags.h"

namespace viaduct::server {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

std::optional<std::string> no_host() { return std::nullopt; }

Result<Config> build(const Words& words, FlagValues& values) {
  const auto parsed = parse_flags(words, values);
  REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
  return build_config(values, false, no_host);
}

Config built(const Words& words) {
  FlagValues values;
  auto config = build(words, values);
  REQUIRE_MESSAGE(config, (config ? "" : config.error().message));
  return *config;
}

std::string refused(const Words& words) {
  FlagValues values;
  const auto config = build(words, values);
  return config ? "" : config.error().message;
}

TEST_CASE("without flags the configuration is the one that the header promises") {
  const Config config = built({});
  CHECK(config.name == "default");
  CHECK(config.data_dir == "default.viaduct");
  CHECK(!config.data_dir_given);
  CHECK(config.snapshot_count == 100'000);
  CHECK(config.heartbeat_interval == 100ms);
  CHECK(config.election_timeout == 1000ms);
  CHECK(config.quota_backend_bytes == 2147483648);
  CHECK(config.max_concurrent_streams == 4096);
  CHECK(join_urls(config.listen_client_urls) == "http://localhost:2379,http://localhost:4001");
  CHECK(join_urls(config.listen_peer_urls) == "http://localhost:2380,http://localhost:7001");
  CHECK(join_urls(config.advertise_client_urls) == "http://localhost:2379");
  CHECK(join_urls(config.initial_advertise_peer_urls) == "http://localhost:2380");
  CHECK(config.listen_metrics_urls.empty());
  CHECK(config.listen_client_http_urls.empty());
  REQUIRE(config.initial_cluster.size() == 1);
  CHECK(config.initial_cluster[0].first == "default");
  CHECK(config.initial_cluster_token == "etcd-cluster");
  CHECK(!config.initial_cluster_existing);
  CHECK(config.auto_compaction.mode == AutoCompaction::Mode::kBounded);
  CHECK(config.enable_v2);
  CHECK(config.cors == Words{"*"});
  CHECK(config.host_whitelist == Words{"*"});
  CHECK(config.log_outputs == Words{"stderr"});
  CHECK(config.log_level == log::Level::kInfo);
  CHECK(config.io_threads >= 1);
  CHECK(config.io_threads <= 8);
  CHECK(config.v2_root == "");
  CHECK(config.advertise_etcd_version == "3.5.21");
  CHECK(!config.unsafe_no_fsync);
}

TEST_CASE("the table's limits are those of the struct") {
  const Limits promised;
  const Limits got = built({}).limits;
  CHECK(got.connections == promised.connections);
  CHECK(got.connections_per_address == promised.connections_per_address);
  CHECK(got.handshakes == promised.handshakes);
  CHECK(got.handshake_timeout == promised.handshake_timeout);
  CHECK(got.header_timeout == promised.header_timeout);
  CHECK(got.body_grace == promised.body_grace);
  CHECK(got.body_bytes_per_second == promised.body_bytes_per_second);
  CHECK(got.idle_timeout == promised.idle_timeout);
  CHECK(got.http2_idle_timeout == promised.http2_idle_timeout);
  CHECK(got.unread_timeout == promised.unread_timeout);
  CHECK(got.unread_bytes == promised.unread_bytes);
  CHECK(got.watch_unread_bytes == promised.watch_unread_bytes);
  CHECK(got.watch_backlog_bytes == promised.watch_backlog_bytes);
  CHECK(got.request_line_bytes == promised.request_line_bytes);
  CHECK(got.header_bytes == promised.header_bytes);
  CHECK(got.header_field_bytes == promised.header_field_bytes);
  CHECK(got.header_count == promised.header_count);
  CHECK(got.v2_body_bytes == promised.v2_body_bytes);
  CHECK(got.watchers == promised.watchers);
  CHECK(got.response_bytes == promised.response_bytes);
  CHECK(got.unapplied_entries == promised.unapplied_entries);
}

TEST_CASE("flags reach their fields") {
  const Config config = built({"--name=a",
                               "--snapshot-count=0",
                               "--heartbeat-interval=50",
                               "--election-timeout=250",
                               "--quota-backend-bytes=-1",
                               "--max-txn-ops=7",
                               "--max-request-bytes=100",
                               "--max-concurrent-streams=4294967295",
                               "--enable-v2=false",
                               "--cors=http://a:1, http://b:2",
                               "--host-whitelist=x,y,x",
                               "--log-level=debug",
                               "--log-outputs=stdout,/tmp/log",
                               "--io-threads=3",
                               "--v2-root=/v2/keys",
                               "--advertise-etcd-version=3.4.23",
                               "--unsafe-no-fsync",
                               "--limit-idle-timeout=5s",
                               "--limit-header-count=9",
                               "--experimental-warning-apply-duration=1s",
                               "--metrics=extensive",
                               "--initial-cluster-state=existing",
                               "--wal-dir=/w",
                               "--data-dir=/d"});
  CHECK(config.name == "a");
  CHECK(config.data_dir == "/d");
  CHECK(config.data_dir_given);
  CHECK(config.wal_dir == "/w");
  CHECK(config.snapshot_count == 100'000);
  CHECK(config.heartbeat_interval == 50ms);
  CHECK(config.election_timeout == 250ms);
  CHECK(config.quota_backend_bytes == Config::kNoQuota);
  CHECK(config.max_txn_ops == 7);
  CHECK(config.max_request_bytes == 100);
  CHECK(config.max_concurrent_streams == 4'294'967'295);
  CHECK(!config.enable_v2);
  CHECK(config.cors == Words{"http://a:1", "http://b:2"});
  CHECK(config.host_whitelist == Words{"x", "y"});
  CHECK(config.log_level == log::Level::kDebug);
  CHECK(config.log_outputs == Words{"stdout", "/tmp/log"});
  CHECK(config.io_threads == 3);
  CHECK(config.v2_root == "/v2/keys");
  CHECK(config.advertise_etcd_version == "3.4.23");
  CHECK(config.unsafe_no_fsync);
  CHECK(config.limits.idle_timeout == 5s);
  CHECK(config.limits.header_count == 9);
  CHECK(config.slow_apply == 1s);
  CHECK(config.extensive_metrics);
  CHECK(config.initial_cluster_existing);
}

TEST_CASE("retention is hours, a duration or revisions, and 0 keeps everything") {
  using Mode = AutoCompaction::Mode;
  struct Case {
    const char* mode;
    const char* retention;
    Mode result;
    std::chrono::nanoseconds age;
    uint64_t revisions;
  };
  for (const Case& c : {Case{"periodic", "0", Mode::kOff, 0ns, 0}, Case{"periodic", "1", Mode::kPeriodic, 1h, 0},
                        Case{"periodic", "5m", Mode::kPeriodic, 5min, 0}, Case{"periodic", "0s", Mode::kOff, 0ns, 0},
                        Case{"revision", "1000", Mode::kRevision, 0ns, 1000}, Case{"revision", "0", Mode::kOff, 0ns, 0},
                        Case{"periodic", "", Mode::kOff, 0ns, 0}}) {
    CAPTURE(c.mode);
    CAPTURE(c.retention);
    const Config config = built({"--auto-compaction-mode", c.mode, "--auto-compaction-retention", c.retention});
    CHECK(config.auto_compaction.mode == c.result);
    CHECK(config.auto_compaction.age == c.age);
    CHECK(config.auto_compaction.revisions == c.revisions);
  }
}

TEST_CASE("what etcd refuses is refused in its words") {
  struct Case {
    Words words;
    const char* message;
  };
  for (const Case& c : {
           Case{{"--heartbeat-interval=0"}, "--heartbeat-interval must be >0 (set to 0ms)"},
           Case{{"--election-timeout=0"}, "--election-timeout must be >0 (set to 0ms)"},
           Case{{"--heartbeat-interval=300"},
                "--election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[300ms]"},
           Case{{"--election-timeout=60000"},
                "--election-timeout[60000ms] is too long, and should be set less than 50000ms"},
           Case{{"--auto-compaction-mode=zz"}, "unknown auto-compaction-mode \"zz\""},
           Case{{"--auto-compaction-retention=zz"}, "error parsing CompactionRetention: time: invalid duration \"zz\""},
           Case{{"--auto-compaction-retention=-1"},
                "error parsing CompactionRetention: time: missing unit in duration \"-1\""},
           Case{{"--auto-compaction-mode=revision", "--auto-compaction-retention=5x"},
                "error parsing CompactionRetention: time: unknown unit \"x\" in duration \"5x\""},
           Case{{"--auth-token=foo"}, "auth: invalid auth options: --auth-token=foo"},
           Case{{"--logger=x"}, "unknown logger option \"x\""},
           Case{{"--log-outputs=default,stderr"}, "multi logoutput for \"default\" is not supported yet"},
           Case{{"--experimental-enable-lease-checkpoint-persist"},
                "setting experimental-enable-lease-checkpoint-persist requires experimental-enable-lease-checkpoint"},
           Case{{"--initial-cluster=a=http://127.0.0.1:1", "--discovery=http://x/"},
                "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery\" or "
                "\"discovery-srv\""},
       }) {
    CAPTURE(c.message);
    CHECK(refused(c.words) == c.message);
  }
}

TEST_CASE("absurd numbers are refused, naming the flag") {
  struct Case {
    const char* word;
    const char* flag;
  };
  for (const Case& c : {Case{"--grpc-keepalive-min-time=-5s", "--grpc-keepalive-min-time"},
                        Case{"--limit-idle-timeout=-1s", "--limit-idle-timeout"},
                        Case{"--limit-idle-timeout=0", "--limit-idle-timeout"},
                        Case{"--limit-header-count=0", "--limit-header-count"},
                        Case{"--limit-header-count=65537", "--limit-header-count"},
                        Case{"--limit-watchers=18446744073709551615", "--limit-watchers"},
                        Case{"--io-threads=257", "--io-threads"},
                        Case{"--max-txn-ops=0", "--max-txn-ops"},
                        Case{"--max-request-bytes=0", "--max-request-bytes"},
                        Case{"--max-concurrent-streams=4294967296", "--max-concurrent-streams"},
                        Case{"--backend-batch-limit=-1", "--backend-batch-limit"},
                        Case{"--auto-compaction-retention=-1h", "--auto-compaction-retention"},
                        Case{"--auto-compaction-retention=99999999999", "--auto-compaction-retention"},
                        Case{"--v2-root=a", "--v2-root"},
                        Case{"--v2-root=/a/", "--v2-root"},
                        Case{"--v2-root=/a/../b", "--v2-root"},
                        Case{"--advertise-etcd-version=3.5", "--advertise-etcd"},
                        Case{"--advertise-etcd-version=v3.5.1", "--advertise-etcd"},
                        Case{"--name=", "--name"},
                        Case{"--listen-client-urls=", "--advertise-client-urls is required"}}) {
    CAPTURE(c.word);
    CHECK(refused({c.word}).starts_with(c.flag));
  }
}

TEST_CASE("the bounds of every number are reachable and not passable") {
  for (const Flag& flag : flag_table()) {
    if (flag.kind != Kind::kUint || flag.status != Status::kUsed || flag.section != Section::kViaduct) continue;
    CAPTURE(flag.name);
    const auto word = [&](int64_t value) { return "--" + std::string(flag.name) + "=" + std::to_string(value); };
    CHECK(refused({word(flag.bounds.min)}) == "");
    CHECK(refused({word(flag.bounds.max)}) == "");
    CHECK(refused({word(flag.bounds.max + 1)}) != "");
    if (flag.bounds.min > 0) CHECK(refused({word(flag.bounds.min - 1)}) != "");
  }
}

TEST_CASE("what would be unsafe to leave out refuses to start, naming the flag") {
  for (const Words& words : {Words{"--discovery-token=x"}, Words{"--proxy=on"}, Words{"--proxy=readonly"}}) {
    CAPTURE(words[0]);
    const std::string name = words[0].substr(0, words[0].find('='));
    CHECK(refused(words) == name + " is not supported yet, and starting without it would not be safe");
  }
}

TEST_CASE("the same flags at their defaults are fine") {
  CHECK(refused({"--cert-file=", "--client-cert-auth=false", "--discovery-token=", "--proxy=off", "--auto-tls=0"}) ==
        "");
}

TEST_CASE("what has no effect yet is noticed when used, and only then") {
  const auto notices = [](const Words& words) {
    FlagValues values;
    REQUIRE(build(words, values));
    Words texts;
    for (const Notice& notice : values.notices()) {
      if (notice.text.starts_with("--")) texts.push_back(notice.text);
    }
    return texts;
  };
  CHECK(notices({}).empty());
  CHECK(notices({"--enable-pprof=false", "--proxy-read-timeout=0", "--raft-read-timeout=5000ms"}).empty());
  CHECK(notices({"--enable-pprof"}) == Words{"--enable-pprof is accepted, but has no effect yet"});
  CHECK(notices({"--auth-token=jwt"}) == Words{"--auth-token is accepted, but has no effect yet"});
  CHECK(notices({"--max-wals=9", "--backend-batch-limit=9", "--v2-deprecation=write-only"}).empty());
}

TEST_CASE("odd values that etcd bears with are borne with") {
  FlagValues values;
  const auto config = build({"--bcrypt-cost=99", "--max-request-bytes=20000000", "--debug", "--metrics=zz"}, values);
  REQUIRE(config);
  CHECK(config->bcrypt_cost == 10);
  CHECK(config->log_level == log::Level::kDebug);
  CHECK(!config->extensive_metrics);
  const auto noticed = [&](const std::string& text) {
    return std::any_of(values.notices().begin(), values.notices().end(),
                       [&](const Notice& notice) { return notice.text.find(text) != std::string::npos; });
  };
  CHECK(noticed("Use default bcrypt-cost 10 instead of the invalid value 99"));
  CHECK(noticed("MaxRequestBytes 20000000 exceeds maximum recommended size 10485760"));
  CHECK(noticed("Deprecated '--debug' flag"));
  CHECK(noticed("no data-dir provided, using default data-dir ./default.viaduct"));
}

}  // namespace
}  // namespace viaduct::server
