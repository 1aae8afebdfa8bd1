#include "server/flag_table.h"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "server/flags_text.h"
#include "server/flags_values.h"
#include "server/help.h"

namespace viaduct::server {
namespace {

// What `etcd --help` of 3.4.23 lists, and what it takes without listing.
constexpr const char* kEtcd34 =
    "name data-dir wal-dir snapshot-count heartbeat-interval election-timeout initial-election-tick-advance "
    "listen-peer-urls listen-client-urls max-snapshots max-wals quota-backend-bytes backend-batch-interval "
    "backend-batch-limit max-txn-ops max-request-bytes max-concurrent-streams grpc-keepalive-min-time "
    "grpc-keepalive-interval grpc-keepalive-timeout initial-advertise-peer-urls initial-cluster initial-cluster-state "
    "initial-cluster-token advertise-client-urls discovery discovery-fallback discovery-proxy discovery-srv "
    "discovery-srv-name strict-reconfig-check pre-vote auto-compaction-retention auto-compaction-mode enable-v2 "
    "cert-file key-file client-cert-auth client-crl-file client-cert-allowed-hostname trusted-ca-file auto-tls "
    "peer-cert-file peer-key-file peer-client-cert-auth peer-trusted-ca-file peer-cert-allowed-cn "
    "peer-cert-allowed-hostname peer-auto-tls peer-crl-file cipher-suites cors host-whitelist auth-token bcrypt-cost "
    "auth-token-ttl enable-pprof metrics listen-metrics-urls logger log-outputs log-level proxy proxy-failure-wait "
    "proxy-refresh-interval proxy-dial-timeout proxy-write-timeout proxy-read-timeout "
    "experimental-initial-corrupt-check experimental-corrupt-check-time experimental-enable-v2v3 "
    "experimental-backend-bbolt-freelist-type experimental-enable-lease-checkpoint "
    "experimental-compaction-batch-limit experimental-peer-skip-client-san-verification "
    "experimental-watch-progress-notify-interval experimental-warning-apply-duration force-new-cluster debug "
    "log-package-levels version config-file enable-grpc-gateway unsafe-no-fsync log-output "
    "experimental-enable-lease-checkpoint-persist listen-client-http-urls tls-min-version tls-max-version "
    "cluster-active-size cluster-remove-delay cluster-sync-interval config force max-result-buffer "
    "max-retry-attempts peer-heartbeat-interval peer-election-timeout retry-interval snapshot v vv "
    "test.coverprofile test.outputdir";

TEST_CASE("every flag of etcd 3.4 is in the table") {
  for (const std::string& name : split(kEtcd34, ' ')) {
    CAPTURE(name);
    CHECK(find_flag(name) != nullptr);
  }
  CHECK(find_flag("nope") == nullptr);
  CHECK(find_flag("") == nullptr);
}

TEST_CASE("the table is in order: names once, aliases lead somewhere, defaults are values") {
  std::set<std::string_view> names;
  for (const Flag& flag : flag_table()) {
    CAPTURE(flag.name);
    CHECK(names.insert(flag.name).second);
    CHECK(find_flag(flag.name) == &flag);
    CHECK(!flag.help.empty());
    CHECK(!flag.since.empty());
    if (flag.status == Status::kAlias) {
      const Flag* meant = find_flag(flag.words);
      REQUIRE(meant);
      CHECK(meant->status != Status::kAlias);
      if (flag.section != Section::kLegacy) {
        CHECK(meant->kind == flag.kind);
        CHECK(meant->default_text == flag.default_text);
      }
    } else if (flag.kind != Kind::kAddress) {
      CHECK(check_text(flag, flag.default_text));
    }
    CHECK(flag.bounds.min <= flag.bounds.max);
  }
}

TEST_CASE("a variable's name is the flag's in capitals") {
  CHECK(environment_name("ETCD", "listen-client-urls") == "ETCD_LISTEN_CLIENT_URLS");
  CHECK(environment_name("VIADUCT", "v2-root") == "VIADUCT_V2_ROOT");
}

TEST_CASE("--help has every flag with its default, below its section") {
  const std::string help = help_text();
  for (const Flag& flag : flag_table()) {
    CAPTURE(flag.name);
    const std::string entry = "  --" + std::string(flag.name) + " '" + std::string(flag.default_text) + "'\n";
    const size_t at = help.find(entry);
    REQUIRE(at != std::string::npos);
    const size_t title = help.rfind("\n\n", at);
    const std::string section = std::string(section_title(flag.section)) + ":\n";
    CHECK(help.rfind(section, at) != std::string::npos);
    CHECK((title == std::string::npos || help.find(section, title) < at));
  }
}

std::string escaped(std::string_view text) {
  std::string roff;
  for (const char c : text) roff += c == '-' ? "\\-" : c == '\\' ? "\\e" : std::string(1, c);
  return roff;
}

TEST_CASE("the manual page has exactly the flags of the table, with their defaults and meaning") {
  std::ifstream file("docs/viaduct.1");
  REQUIRE(file);
  std::stringstream content;
  content << file.rdbuf();
  const std::string page = content.str();
  size_t entries = 0;
  for (size_t at = page.find("\n.TP\n.B \\-\\-"); at != std::string::npos; at = page.find("\n.TP\n.B \\-\\-", at + 1))
    ++entries;
  CHECK(entries == flag_table().size());
  for (const Flag& flag : flag_table()) {
    CAPTURE(flag.name);
    const std::string entry = ".TP\n.B \\-\\-" + escaped(flag.name) + " \\(aq" + escaped(flag.default_text) +
                              "\\(aq\n" + escaped(flag_help(flag)) + "\n";
    CHECK(page.find(entry) != std::string::npos);
  }
}

}  // namespace
}  // namespace viaduct::server
