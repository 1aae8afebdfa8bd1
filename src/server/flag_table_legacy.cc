#include "server/flag_table_rows.h"

namespace viaduct::server {
namespace {

using enum Kind;
using enum Status;

constexpr auto kLegacy = Section::kLegacy;
constexpr std::string_view kGone = "Has no effect any more.";
constexpr std::string_view kShort = "Earlier name.";

constexpr Flag kRows[] = {
    {"addr", kAddress, "", kLegacy, kUsed, "0.4", "ip:port that clients are told; now --advertise-client-urls."},
    {"bind-addr", kAddress, "", kLegacy, kUsed, "0.4",
     "ip:port to listen on for clients; now --listen-client-urls. Absent: the port of -addr everywhere."},
    {"peer-addr", kAddress, "", kLegacy, kUsed, "0.4",
     "ip:port that other members are told; now --initial-advertise-peer-urls."},
    {"peer-bind-addr", kAddress, "", kLegacy, kUsed, "0.4",
     "ip:port to listen on for members; now --listen-peer-urls. Absent: the port of -peer-addr everywhere."},
    {"peers", kString, "", kLegacy, kRejected, "0.4", "Not supported any more; use --initial-cluster."},
    {"peers-file", kString, "", kLegacy, kRejected, "0.4", "Not supported any more; use --initial-cluster."},

    {"c", kAddress, "", kLegacy, kAlias, "0.4", kShort, "addr"},
    {"cl", kAddress, "", kLegacy, kAlias, "0.4", kShort, "bind-addr"},
    {"s", kAddress, "", kLegacy, kAlias, "0.4", kShort, "peer-addr"},
    {"sl", kAddress, "", kLegacy, kAlias, "0.4", kShort, "peer-bind-addr"},
    {"C", kString, "", kLegacy, kAlias, "0.4", kShort, "peers"},
    {"CF", kString, "", kLegacy, kAlias, "0.4", kShort, "peers-file"},
    {"n", kString, "", kLegacy, kAlias, "0.4", kShort, "name"},
    {"d", kString, "", kLegacy, kAlias, "0.4", kShort, "data-dir"},
    {"m", kWord, "", kLegacy, kAlias, "0.4", kShort, "max-result-buffer"},
    {"r", kWord, "", kLegacy, kAlias, "0.4", kShort, "max-retry-attempts"},
    {"maxsize", kWord, "", kLegacy, kAlias, "0.4", kShort, "cluster-active-size"},
    {"max-cluster-size", kWord, "", kLegacy, kAlias, "0.4", kShort, "cluster-active-size"},
    {"peer-heartbeat-timeout", kWord, "", kLegacy, kAlias, "0.4", kShort, "peer-heartbeat-interval"},
    {"snapshotCount", kUint, "", kLegacy, kAlias, "0.4", kShort, "snapshot-count"},
    {"clientCAFile", kString, "", kLegacy, kAlias, "0.4", kShort, "ca-file"},
    {"clientCert", kString, "", kLegacy, kAlias, "0.4", kShort, "cert-file"},
    {"clientKey", kString, "", kLegacy, kAlias, "0.4", kShort, "key-file"},
    {"serverCAFile", kString, "", kLegacy, kAlias, "0.4", kShort, "peer-ca-file"},
    {"serverCert", kString, "", kLegacy, kAlias, "0.4", kShort, "peer-cert-file"},
    {"serverKey", kString, "", kLegacy, kAlias, "0.4", kShort, "peer-key-file"},
    {"experimental-auto-compaction-retention", kString, "", kLegacy, kAlias, "2.3", kShort,
     "auto-compaction-retention"},

    {"cluster-active-size", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"cluster-remove-delay", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"cluster-sync-interval", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"config", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"f", kSwitch, "", kLegacy, kIgnored, "0.4", kGone},
    {"force", kSwitch, "", kLegacy, kIgnored, "0.4", kGone},
    {"max-result-buffer", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"max-retry-attempts", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"peer-heartbeat-interval", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"peer-election-timeout", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"retry-interval", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"snapshot", kSwitch, "", kLegacy, kIgnored, "0.4", kGone},
    {"v", kSwitch, "", kLegacy, kIgnored, "0.4", kGone},
    {"vv", kSwitch, "", kLegacy, kIgnored, "0.4", kGone},
    {"vvv", kSwitch, "", kLegacy, kIgnored, "0.4", kGone},
    {"trace", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"graphite-host", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"cpuprofile", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"http-read-timeout", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"http-write-timeout", kWord, "", kLegacy, kIgnored, "0.4", kGone},
    {"experimental-v3demo", kSwitch, "", kLegacy, kIgnored, "2.3", kGone},
    {"experimental-gRPC-addr", kWord, "", kLegacy, kIgnored, "2.3", kGone},
    {"test.coverprofile", kSwitch, "", kLegacy, kIgnored, "3.0", kGone},
    {"test.outputdir", kSwitch, "", kLegacy, kIgnored, "3.0", kGone},
};

}  // namespace

std::span<const Flag> legacy_flags() { return kRows; }

}  // namespace viaduct::server
