#include "server/config_load.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/version.h"
#include "test/support/fake_disk.h"

namespace viaduct::server {
namespace {

using Words = std::vector<std::string>;

StartUp load(const Words& arguments, const Words& environment = {}, const std::string& program = "/usr/bin/viaduct",
             const std::string& yaml = "") {
  FakeDisk disk;
  REQUIRE(write_file_atomically(disk, "/c.yml", yaml));
  return load_config({program, arguments, environment, [] { return std::optional<std::string>(); }}, disk);
}

bool noticed(const StartUp& start_up, log::Level level, const std::string& text) {
  return std::any_of(start_up.notices.begin(), start_up.notices.end(),
                     [&](const Notice& notice) { return notice.level == level && notice.text == text; });
}

TEST_CASE("a misused command line shows reason and usage and exits with 2") {
  for (const char* word : {"--nope", "--snapshot-count=x", "---", "--name"}) {
    CAPTURE(word);
    const StartUp got = load({word});
    CHECK(!got.config);
    CHECK(got.exit_status == 2);
    CHECK(got.standard_output == "");
    CHECK(got.standard_error.find("\nUsage:\n\n  viaduct [flags]\n") != std::string::npos);
  }
  CHECK(load({"--nope"}).standard_error.starts_with("flag provided but not defined: -nope\nUsage:"));
}

TEST_CASE("what cannot be right is logged in etcd's words and exits with 1") {
  struct Case {
    Words arguments;
    Words environment;
    const char* message;
  };
  for (const Case& c : {
           Case{{"foo"}, {}, "error verifying flags, 'foo' is not a valid flag. See 'etcd --help'."},
           Case{{"--version", "foo"}, {}, "error verifying flags, 'foo' is not a valid flag. See 'etcd --help'."},
           Case{{"--heartbeat-interval=0"},
                {},
                "error verifying flags, --heartbeat-interval must be >0 (set to 0ms). See 'etcd --help'."},
           Case{{},
                {"ETCD_SNAPSHOT_COUNT=x"},
                "error verifying flags, invalid value \"x\" for ETCD_SNAPSHOT_COUNT: parse error. See 'etcd --help'."},
           Case{{"--config-file=/none"},
                {},
                "error verifying flags, open /none: no such file or directory. See 'etcd --help'."},
           Case{{"gateway"}, {}, "error verifying flags, 'gateway' is not supported yet. See 'etcd --help'."},
           Case{{"grpc-proxy", "start"},
                {},
                "error verifying flags, 'grpc-proxy' is not supported yet. See 'etcd --help'."},
       }) {
    CAPTURE(c.message);
    const StartUp got = load(c.arguments, c.environment, "etcd");
    CHECK(!got.config);
    CHECK(got.exit_status == 1);
    CHECK(noticed(got, log::Level::kError, c.message));
  }
}

TEST_CASE("a missing advertised address is explained in a second line") {
  const StartUp got = load({"--listen-client-urls=http://127.0.0.1:1"});
  CHECK(got.exit_status == 1);
  REQUIRE(got.notices.size() >= 2);
  CHECK(got.notices.back().text ==
        "When listening on specific address(es), this etcd process must advertise accessible url(s) to each connected "
        "client.");
}

TEST_CASE("help goes to standard output, usage to standard error") {
  const StartUp got = load({"--help"});
  CHECK(got.exit_status == 0);
  CHECK(got.standard_output.find("\nViaduct:\n  --io-threads '0'\n") != std::string::npos);
  CHECK(got.standard_error.starts_with("Usage:\n"));
}

TEST_CASE("the version is our own, or etcd's when called etcd") {
  CHECK(load({"--version"}).standard_output == "viaduct Version: " + std::string(kVersion) + "\n");
  const std::string etcd = load({"--version"}, {}, "/usr/local/bin/etcd").standard_output;
  size_t at = 0;
  for (const char* line : {"etcd Version: 3.5.21\n", "Git SHA: ", "\nGo Version: ", "\nGo OS/Arch: linux/"}) {
    CAPTURE(line);
    const size_t found = etcd.find(line, at);
    CHECK(found != std::string::npos);
    at = found;
  }
  CHECK(load({"--version"}).exit_status == 0);
  CHECK(load({"--version=false"}).config.has_value());
}

TEST_CASE("flags and variables make a configuration") {
  const StartUp got = load({"--name", "a"}, {"ETCD_DATA_DIR=/d", "VIADUCT_IO_THREADS=2"});
  REQUIRE(got.config);
  CHECK(got.config->name == "a");
  CHECK(got.config->data_dir == "/d");
  CHECK(got.config->io_threads == 2);
  CHECK(noticed(got, log::Level::kInfo, "recognized and used environment variable ETCD_DATA_DIR=/d"));
}

TEST_CASE("with a configuration file, flags and variables are ignored") {
  const char* yaml = "name: z\nsnapshot-count: 5\n";
  for (const StartUp& got : {load({"--name=a", "--config-file=/c.yml"}, {"ETCD_NAME=b", "ETCD_FOO=1"}, "viaduct", yaml),
                             load({"--name=a"}, {"ETCD_CONFIG_FILE=/c.yml", "ETCD_NAME=b"}, "viaduct", yaml),
                             load({}, {"VIADUCT_CONFIG_FILE=/c.yml"}, "viaduct", yaml)}) {
    REQUIRE(got.config);
    CHECK(got.config->name == "z");
    CHECK(got.config->snapshot_count == 5);
    CHECK(
        noticed(got, log::Level::kInfo,
                "Loading server configuration from \"/c.yml\". Other configuration command line flags and environment "
                "variables will be ignored if provided."));
  }
}

TEST_CASE("a configuration file sets up TLS for clients and for peers") {
  const StartUp got = load({"--config-file=/c.yml"}, {}, "viaduct",
                           "client-transport-security:\n  cert-file: a\n  key-file: b\n  trusted-ca-file: c\n"
                           "peer-transport-security:\n  auto-tls: true\n");
  REQUIRE(got.config);
  CHECK(got.config->client_tls.cert_file == "a");
  CHECK(got.config->client_tls.key_file == "b");
  CHECK(got.config->client_tls.trusted_ca_file == "c");
  CHECK(!got.config->client_auto_tls);
  CHECK(got.config->peer_auto_tls);
}

TEST_CASE("etcd's sample configuration starts") {
  const char* sample =
      "name: 'default'\ndata-dir:\nwal-dir:\nsnapshot-count: 10000\nheartbeat-interval: 100\nelection-timeout: 1000\n"
      "quota-backend-bytes: 0\nlisten-peer-urls: http://localhost:2380\nlisten-client-urls: http://localhost:2379\n"
      "max-snapshots: 5\nmax-wals: 5\ncors:\ninitial-advertise-peer-urls: http://localhost:2380\n"
      "advertise-client-urls: http://localhost:2379\ndiscovery:\ndiscovery-fallback: 'proxy'\ndiscovery-proxy:\n"
      "discovery-srv:\ninitial-cluster:\ninitial-cluster-token: 'etcd-cluster'\ninitial-cluster-state: 'new'\n"
      "strict-reconfig-check: false\nenable-v2: true\nenable-pprof: true\nproxy: 'off'\nproxy-failure-wait: 5000\n"
      "proxy-refresh-interval: 30000\nproxy-dial-timeout: 1000\nproxy-write-timeout: 5000\nproxy-read-timeout: 0\n"
      "client-transport-security:\n  cert-file:\n  key-file:\n  client-cert-auth: false\n  trusted-ca-file:\n"
      "  auto-tls: false\npeer-transport-security:\n  cert-file:\n  key-file:\n  client-cert-auth: false\n"
      "  trusted-ca-file:\n  auto-tls: false\ndebug: false\nlogger: zap\nlog-outputs: [stderr]\n"
      "force-new-cluster: false\nauto-compaction-mode: periodic\nauto-compaction-retention: \"1\"\n";
  const StartUp got = load({"--config-file=/c.yml"}, {}, "etcd", sample);
  REQUIRE(got.config);
  CHECK(got.config->snapshot_count == 10'000);
  CHECK(got.config->auto_compaction.age == std::chrono::hours(1));
}

}  // namespace
}  // namespace viaduct::server
