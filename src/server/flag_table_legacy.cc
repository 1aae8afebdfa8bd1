#include "server/flag_table_rows.h"

namespace viaduct::server {
namespace {

using enum Kind;
using enum Status;

constexpr auto kLegacy = Section::kLegacy;
constexpr std::string_view kGone = "Has no effect any more.";
constexpr std::string_view kShort = "Earlier name.";
constexpr std::string_view kAllTakePart =
    "There are no standbys: every member of the cluster takes part, until it is "
    "removed by hand.";
constexpr std::string_view kKept = "A data directory is never emptied.";

constexpr Flag kRows[] = {
    {"addr", kAddress, "", kLegacy, kUsed, "0.4", "ip:port that clients are told; now --advertise-client-urls."},
    {"bind-addr", kAddress, "", kLegacy, kUsed, "0.4",
     "ip:port to listen on for clients; now --listen-client-urls. Absent: the port of -addr everywhere."},
    {"peer-addr", kAddress, "", kLegacy, kUsed, "0.4",
     "ip:port that other members are told; now --initial-advertise-peer-urls."},
    {"peer-bind-addr", kAddress, "", kLegacy, kUsed, "0.4",
     "ip:port to listen on for members; now --listen-peer-urls. Absent: the port of -peer-addr everywhere."},
    {"peers", kList, "", kLegacy, kUsed, "0.4",
     "host:port,... of members: a new member asks them to take it in, and joins. Today: member add, then "
     "--initial-cluster with --initial-cluster-state=existing."},
    {"peers-file", kString, "", kLegacy, kUsed, "0.4", "File with what -peers says, a member to a line or commas."},
    {"max-retry-attempts", kUint, "3", kLegacy, kUsed, "0.4", "How often -peers are asked.", {}, {1, 1'000'000}},
    {"retry-interval", kString, "3", kLegacy, kUsed, "0.4", "Seconds before -peers are asked again."},
    {"peer-heartbeat-interval", kUint, "50", kLegacy, kUsed, "0.4",
     "Milliseconds between heartbeats; now --heartbeat-interval."},
    {"peer-election-timeout", kUint, "200", kLegacy, kUsed, "0.4",
     "Milliseconds without a leader before an election, five heartbeats at least; now --election-timeout."},

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

    {"cluster-active-size", kWord, "", kLegacy, kIgnored, "0.4", kAllTakePart},
    {"cluster-remove-delay", kWord, "", kLegacy, kIgnored, "0.4", kAllTakePart},
    {"cluster-sync-interval", kWord, "", kLegacy, kIgnored, "0.4", kAllTakePart},
    {"config", kWord, "", kLegacy, kIgnored, "0.4", "0.4's TOML file is not read; --config-file reads YAML."},
    {"f", kSwitch, "", kLegacy, kIgnored, "0.4", kKept},
    {"force", kSwitch, "", kLegacy, kIgnored, "0.4", kKept},
    {"max-result-buffer", kWord, "", kLegacy, kIgnored, "0.4", "Replies have the bounds of --limit-unread-bytes."},
    {"snapshot", kSwitch, "", kLegacy, kIgnored, "0.4", "The log is always cut after --snapshot-count entries."},
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
