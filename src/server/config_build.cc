#include "server/config_build.h"

#include <algorithm>
#include <thread>

#include "server/config_tls.h"
#include "server/flags_text.h"

namespace viaduct::server {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr uint64_t kMaxElectionMs = 50'000;
constexpr uint64_t kRecommendedRequestBytes = 10 << 20;

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

// What is not there yet: warn where that is harmless, refuse where it is not.
Result<void> check_status(const Flag& flag, FlagValues& values) {
  if (!values.differs_from_default(flag)) return {};
  const std::string name = "--" + std::string(flag.name);
  if (flag.status == Status::kRefused) {
    return invalid(name + " is not supported yet, and starting without it would not be safe");
  }
  if (flag.status == Status::kLater) values.notice(log::Level::kWarn, name + " is accepted, but has no effect yet");
  return {};
}

Result<void> check_bounds(const Flag& flag, const FlagValues& values) {
  if (!values.given(flag.name) || flag.status == Status::kIgnored || flag.status == Status::kAlias) return {};
  int64_t value = 0;
  if (flag.kind == Kind::kDuration) {
    value = values.duration(flag.name).count();
  } else if (flag.kind == Kind::kInt) {
    value = values.integer(flag.name);
  } else if (flag.kind == Kind::kUint) {
    value = static_cast<int64_t>(std::min<uint64_t>(values.number(flag.name), std::numeric_limits<int64_t>::max()));
  } else {
    return {};
  }
  const std::string name = "--" + std::string(flag.name);
  if (value < 0 && flag.bounds.min >= 0) {
    return invalid(name + " must not be negative (set to " + values.text(flag.name) + ")");
  }
  if (value >= flag.bounds.min && value <= flag.bounds.max) return {};
  const auto shown = [&](int64_t bound) { return std::to_string(bound) + (flag.kind == Kind::kDuration ? "ns" : ""); };
  return invalid(name + " must be between " + shown(flag.bounds.min) + " and " + shown(flag.bounds.max) + " (set to " +
                 values.text(flag.name) + ")");
}

// 0.4's -peer-heartbeat-interval and -peer-election-timeout count where nothing newer is given. Its timeout was four
// intervals by default, which is less than is taken today.
std::pair<uint64_t, uint64_t> heartbeat_and_election_ms(FlagValues& values) {
  const auto newest = [&](std::string_view name, std::string_view old_name) {
    if (values.given(name) || !values.given(old_name)) return values.number(name);
    values.notice(log::Level::kWarn, "[deprecated] use -" + std::string(name) + ", not -" + std::string(old_name));
    return values.number(old_name);
  };
  const uint64_t heartbeat = newest("heartbeat-interval", "peer-heartbeat-interval");
  const uint64_t election = newest("election-timeout", "peer-election-timeout");
  if (values.given("election-timeout") || !values.given("peer-election-timeout")) return {heartbeat, election};
  const uint64_t least = heartbeat > kMaxElectionMs ? heartbeat : 5 * heartbeat;
  if (election >= least) return {heartbeat, election};
  values.notice(log::Level::kWarn, "-peer-election-timeout " + std::to_string(election) + " is raised to " +
                                       std::to_string(least) + ", five heartbeats");
  return {heartbeat, least};
}

Result<void> configure_times(FlagValues& values, Config& config) {
  const auto [heartbeat, election] = heartbeat_and_election_ms(values);
  const auto ms = [](uint64_t count) { return std::to_string(count) + "ms"; };
  if (heartbeat == 0) return invalid("--heartbeat-interval must be >0 (set to 0ms)");
  if (election == 0) return invalid("--election-timeout must be >0 (set to 0ms)");
  if (heartbeat > election / 5) {
    return invalid("--election-timeout[" + ms(election) + "] should be at least as 5 times as --heartbeat-interval[" +
                   ms(heartbeat) + "]");
  }
  if (election > kMaxElectionMs) {
    return invalid("--election-timeout[" + ms(election) + "] is too long, and should be set less than " +
                   ms(kMaxElectionMs));
  }
  config.heartbeat_interval = milliseconds(heartbeat);
  config.election_timeout = milliseconds(election);
  return {};
}

Result<AutoCompaction> auto_compaction(const FlagValues& values) {
  AutoCompaction result;
  const std::string& mode = values.text("auto-compaction-mode");
  if (mode != "periodic" && mode != "revision") return invalid("unknown auto-compaction-mode " + quote(mode));
  if (!values.given("auto-compaction-retention")) return result;
  const std::string& text = values.text("auto-compaction-retention");
  const auto whole = parse_unsigned(text.empty() ? "0" : text);
  if (whole && *whole == 0) {
    result.mode = AutoCompaction::Mode::kOff;
  } else if (mode == "revision" && whole) {
    result.mode = AutoCompaction::Mode::kRevision;
    result.revisions = *whole;
  } else {
    constexpr uint64_t kCentury = 100 * 365 * 24;
    if (whole && *whole > kCentury)
      return invalid("--auto-compaction-retention is too long (set to " + text + " hours)");
    const auto age = whole ? Result<std::chrono::nanoseconds>(std::chrono::hours(*whole)) : parse_duration(text);
    if (!age) return invalid("error parsing CompactionRetention: " + age.error().message);
    if (mode == "revision")
      return invalid("--auto-compaction-retention must be a count of revisions (set to " + text + ")");
    if (age->count() < 0) return invalid("--auto-compaction-retention must not be negative (set to " + text + ")");
    result.mode = age->count() == 0 ? AutoCompaction::Mode::kOff : AutoCompaction::Mode::kPeriodic;
    result.age = *age;
  }
  return result;
}

Result<void> check_auth_token(const FlagValues& values) {
  const std::string kind = split(values.text("auth-token"), ',')[0];
  if (kind == "simple" || kind == "jwt") return {};
  return invalid("auth: invalid auth options: --auth-token=" + values.text("auth-token"));
}

log::Level level_of(const std::string& word) {
  static constexpr std::string_view words[] = {"debug", "info", "warn", "error", "panic", "fatal"};
  return static_cast<log::Level>(std::find(std::begin(words), std::end(words), word) - std::begin(words));
}

Result<void> configure_logging(FlagValues& values, Config& config) {
  const std::string& logger = values.text("logger");
  if (logger != "zap" && logger != "capnslog") return invalid("unknown logger option " + quote(logger));
  config.log_outputs = values.list("log-outputs");
  if (config.log_outputs.empty()) config.log_outputs = {"default"};
  for (std::string& output : config.log_outputs) {
    if (output == "default" && config.log_outputs.size() > 1) {
      return invalid("multi logoutput for \"default\" is not supported yet");
    }
    if (output == "default" || output == "systemd/journal") output = "stderr";  // journald reads it there
  }
  config.log_level = level_of(values.text("log-level"));
  if (values.boolean("debug")) {
    values.notice(log::Level::kWarn,
                  "[WARNING] Deprecated '--debug' flag is set to true (use '--log-level=debug' instead");
    config.log_level = log::Level::kDebug;
  }
  return {};
}

std::vector<std::string> list_or_any(const FlagValues& values, std::string_view name) {
  std::vector<std::string> list = values.list(name);
  if (list.empty() || std::find(list.begin(), list.end(), "*") != list.end()) return {"*"};
  return list;
}

// Three numbers: clients split it at the dots and decide by them what they may ask.
Result<std::string> advertised_version(const FlagValues& values) {
  const std::string& text = values.text("advertise-etcd-version");
  const std::vector<std::string> parts = split(text, '.');
  const bool numbers = std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !part.empty() && part.size() <= 4 && part.find_first_not_of("0123456789") == std::string::npos;
  });
  if (parts.size() == 3 && numbers) return text;
  return invalid("--advertise-etcd-version must be a version such as 3.5.21 (set to " + quote(text) + ")");
}

uint32_t io_threads(const FlagValues& values) {
  const auto wanted = static_cast<uint32_t>(values.number("io-threads"));
  return wanted ? wanted : std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
}

Limits limits(const FlagValues& values) {
  Limits l;
  l.connections = values.number("limit-connections");
  l.connections_per_address = values.number("limit-connections-per-address");
  l.handshakes = values.number("limit-handshakes");
  l.handshake_timeout = values.duration("limit-handshake-timeout");
  l.header_timeout = values.duration("limit-header-timeout");
  l.body_grace = values.duration("limit-body-grace");
  l.body_bytes_per_second = values.number("limit-body-rate");
  l.idle_timeout = values.duration("limit-idle-timeout");
  l.http2_idle_timeout = values.duration("limit-http2-idle-timeout");
  l.unread_timeout = values.duration("limit-unread-timeout");
  l.unread_bytes = values.number("limit-unread-bytes");
  l.watch_unread_bytes = values.number("limit-watch-unread-bytes");
  l.watch_backlog_bytes = values.number("limit-watch-backlog-bytes");
  l.request_line_bytes = values.number("limit-request-line-bytes");
  l.header_bytes = values.number("limit-header-bytes");
  l.header_field_bytes = values.number("limit-header-field-bytes");
  l.header_count = values.number("limit-header-count");
  l.v2_body_bytes = values.number("limit-v2-body-bytes");
  l.watchers = values.number("limit-watchers");
  l.leases = values.number("limit-leases");
  l.response_bytes = values.number("limit-response-bytes");
  l.unapplied_entries = values.number("limit-unapplied-entries");
  return l;
}

uint64_t quota(const FlagValues& values) {
  const int64_t bytes = values.integer("quota-backend-bytes");
  if (bytes < 0) return Config::kNoQuota;
  return bytes == 0 ? Config().quota_backend_bytes : static_cast<uint64_t>(bytes);
}

uint32_t bcrypt_cost(FlagValues& values) {
  const uint64_t cost = values.number("bcrypt-cost");
  if (cost >= 4 && cost <= 31) return static_cast<uint32_t>(cost);
  values.notice(log::Level::kWarn, "Use default bcrypt-cost 10 instead of the invalid value " + std::to_string(cost));
  return 10;
}

void configure_member(FlagValues& values, Config& config) {
  config.data_dir = values.text("data-dir");
  config.data_dir_given = values.given("data-dir") && !config.data_dir.empty();
  if (!config.data_dir_given) {
    config.data_dir = config.name + ".viaduct";
    values.notice(log::Level::kWarn, "no data-dir provided, using default data-dir ./" + config.data_dir);
  }
  config.wal_dir = values.text("wal-dir");
  if (values.number("snapshot-count") != 0) config.snapshot_count = values.number("snapshot-count");
  config.quota_backend_bytes = quota(values);
  config.max_txn_ops = values.number("max-txn-ops");
  config.max_request_bytes = values.number("max-request-bytes");
  if (config.max_request_bytes > kRecommendedRequestBytes) {
    values.notice(log::Level::kWarn, "MaxRequestBytes " + std::to_string(config.max_request_bytes) +
                                         " exceeds maximum recommended size " +
                                         std::to_string(kRecommendedRequestBytes));
  }
  config.max_concurrent_streams = static_cast<uint32_t>(values.number("max-concurrent-streams"));
  config.grpc_keepalive_min_time = values.duration("grpc-keepalive-min-time");
  config.grpc_keepalive_interval = values.duration("grpc-keepalive-interval");
  config.grpc_keepalive_timeout = values.duration("grpc-keepalive-timeout");
  config.socket_reuse_port = values.boolean("socket-reuse-port");
  config.socket_reuse_address = values.boolean("socket-reuse-address");
  config.unsafe_no_fsync = values.boolean("unsafe-no-fsync");
  config.io_threads = io_threads(values);
  config.limits = limits(values);
}

void configure_cluster(const FlagValues& values, Config& config) {
  config.initial_cluster_token = values.text("initial-cluster-token");
  config.initial_cluster_existing = values.text("initial-cluster-state") == "existing";
  config.force_new_cluster = values.boolean("force-new-cluster");
  config.strict_reconfig_check = values.boolean("strict-reconfig-check");
  config.max_learners = static_cast<uint64_t>(values.integer("max-learners"));  // bounded
  config.pre_vote = values.boolean("pre-vote");
  config.discovery = values.text("discovery");
  config.discovery_fallback_proxy = values.text("discovery-fallback") == "proxy";
  config.discovery_proxy = values.text("discovery-proxy");
  config.discovery_srv = values.text("discovery-srv");
  config.discovery_srv_name = values.text("discovery-srv-name");
}

void configure_apis(FlagValues& values, Config& config) {
  config.enable_v2 = values.boolean("enable-v2");
  config.enable_grpc_gateway = values.boolean("enable-grpc-gateway");
  config.enable_pprof = values.boolean("enable-pprof");
  config.extensive_metrics = values.text("metrics") == "extensive";
  config.cors = list_or_any(values, "cors");
  config.host_whitelist = list_or_any(values, "host-whitelist");
  config.bcrypt_cost = bcrypt_cost(values);
  config.auth_token_ttl = std::chrono::seconds(values.number("auth-token-ttl"));
  config.watch_progress_interval = values.duration("watch-progress-notify-interval");
  config.slow_apply = values.duration("warning-apply-duration");
  config.slow_request = values.duration("warning-unary-request-duration");
}

}  // namespace

Result<std::string> parse_v2_root(const std::string& text) {
  if (text.empty() || text == "/") return std::string();
  const Error wrong = invalid("--v2-root must be a path such as /v2 (set to " + quote(text) + ")");
  if (text[0] != '/' || text.size() > 256) return wrong;
  for (const std::string& part : split(std::string_view(text).substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") return wrong;
  }
  return text;
}

Result<Config> build_config(FlagValues& values, bool from_file, const DefaultHost& default_host) {
  Config config;
  VIADUCT_TRY(configure_logging(values, config));
  config.name = values.text("name");
  if (config.name.empty()) return invalid("--name must not be empty");
  const bool discovery = !values.text("discovery").empty();
  const bool srv = !values.text("discovery-srv").empty();
  if ((discovery && srv) || ((discovery || srv) && values.given("initial-cluster"))) {
    return invalid(
        "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery\" or "
        "\"discovery-srv\"");
  }
  if (values.boolean("experimental-enable-lease-checkpoint-persist") &&
      !values.boolean("experimental-enable-lease-checkpoint")) {
    return invalid(
        "setting experimental-enable-lease-checkpoint-persist requires experimental-enable-lease-checkpoint");
  }
  for (const Flag& flag : flag_table()) VIADUCT_TRY(check_status(flag, values));
  VIADUCT_TRY(configure_addresses(values, !from_file, default_host, config));
  VIADUCT_TRY(configure_tls(values, config));
  VIADUCT_TRY(configure_times(values, config));
  for (const Flag& flag : flag_table()) VIADUCT_TRY(check_bounds(flag, values));
  VIADUCT_TRY(check_auth_token(values));
  VIADUCT_TRY_ASSIGN(compaction, auto_compaction(values));
  config.auto_compaction = compaction;
  VIADUCT_TRY_ASSIGN(root, parse_v2_root(values.text("v2-root")));
  config.v2_root = root;
  VIADUCT_TRY_ASSIGN(version, advertised_version(values));
  config.advertise_etcd_version = version;
  configure_member(values, config);
  configure_cluster(values, config);
  configure_apis(values, config);
  VIADUCT_TRY(configure_initial_cluster(values, config));
  return config;
}

}  // namespace viaduct::server
