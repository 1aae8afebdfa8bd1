#include "v2/stats_routes.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "v2/json.h"

namespace viaduct::v2 {
namespace {

constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";

// A duration as Go prints it: 7m11.38725243s.
std::string go_duration(int64_t ns) {
  const int64_t minutes = ns / 60'000'000'000;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.9f", static_cast<double>(ns % 60'000'000'000) / 1e9);
  std::string text(seconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  text += 's';
  if (minutes > 0) text = std::to_string(minutes % 60) + 'm' + text;
  if (minutes >= 60) text = std::to_string(minutes / 60) + 'h' + text;
  return text;
}

void append_text(std::string& to, std::string_view name, std::string_view value) {
  if (to.back() != '{') to += ',';
  append_json_string(to, name);
  to += ':';
  append_json_string(to, value);
}

void append_count(std::string& to, std::string_view name, uint64_t value) {
  if (to.back() != '{') to += ',';
  append_json_string(to, name);
  to += ':';
  append_number(to, value);
}

void append_figure(std::string& to, std::string_view name, double value) {
  if (to.back() != '{') to += ',';
  append_json_string(to, name);
  to += ':';
  append_double(to, value);
}

void append_rate(std::string& to, std::string_view name, double rate) {
  if (rate > 0) append_figure(to, name, rate);
}

TrafficTotals totals_of(const std::vector<v3bridge::Traffic>& all) {
  TrafficTotals totals;
  for (const v3bridge::Traffic& traffic : all) {
    totals.appends_received += traffic.appends_received;
    totals.bytes_received += traffic.bytes_received;
    totals.appends_sent += traffic.appends_sent;
    totals.bytes_sent += traffic.bytes_sent;
  }
  return totals;
}

std::string time_text(int64_t wall_ns) {
  std::string text;
  append_time(text, wall_ns);
  return text;
}

// As etcd shows a latency before anything was sent.
constexpr double kNoLatencyYet = 9223372036854775808.0;

void append_follower(std::string& to, const v3bridge::Traffic& traffic) {
  append_json_string(to, to_hex(traffic.id.value));
  to += ":{\"latency\":{";
  append_figure(to, "current", traffic.latency_current_ms);
  append_figure(to, "average", traffic.latency_average_ms);
  append_figure(to, "standardDeviation", traffic.latency_deviation_ms);
  append_figure(to, "minimum", traffic.appends_sent > 0 ? traffic.latency_min_ms : kNoLatencyYet);
  append_figure(to, "maximum", traffic.latency_max_ms);
  to += "},\"counts\":{";
  append_count(to, "fail", traffic.appends_failed);
  append_count(to, "success", traffic.appends_sent);
  to += "}}";
}

}  // namespace

std::string_view role_name(v3bridge::RaftRole role) {
  switch (role) {
    case v3bridge::RaftRole::kFollower:
      return "StateFollower";
    case v3bridge::RaftRole::kPreCandidate:
      return "StatePreCandidate";
    case v3bridge::RaftRole::kCandidate:
      return "StateCandidate";
    case v3bridge::RaftRole::kLeader:
      return "StateLeader";
  }
  return {};
}

void SelfStats::serve(Exchange&& exchange) {
  const v3bridge::RaftStatus raft = engine_.raft_status();
  const bool led = raft.leader && raft.leader_since_wall_ns != 0;
  std::string body = "{";
  append_text(body, "name", name_);
  append_text(body, "id", to_hex(engine_.member_id().value));
  append_text(body, "state", role_name(raft.role));
  append_text(body, "startTime", time_text(start_wall_ns_));
  body += ",\"leaderInfo\":{";
  append_text(body, "leader", led ? to_hex(raft.leader.value) : std::string());
  append_text(body, "uptime",
              go_duration(led ? std::max<int64_t>(0, clock_.wall_ns() - raft.leader_since_wall_ns) : 0));
  append_text(body, "startTime", led ? time_text(raft.leader_since_wall_ns) : std::string(kNoTime));
  body += '}';
  const TrafficTotals totals = totals_of(engine_.traffic());
  const TrafficRates rates = meter_.look(clock_.monotonic(), totals);
  append_count(body, "recvAppendRequestCnt", totals.appends_received);
  append_rate(body, "recvPkgRate", rates.appends_received);
  append_rate(body, "recvBandwidthRate", rates.bytes_received);
  append_count(body, "sendAppendRequestCnt", totals.appends_sent);
  append_rate(body, "sendPkgRate", rates.appends_sent);
  append_rate(body, "sendBandwidthRate", rates.bytes_sent);
  exchange.reply_json(200, body + '}');
}

void LeaderStats::serve(Exchange&& exchange) {
  if (engine_.raft_status().leader != engine_.member_id()) return exchange.reply_message(403, "not current leader");
  std::string body = "{";
  append_text(body, "leader", to_hex(engine_.member_id().value));
  body += ",\"followers\":{";
  std::vector<v3bridge::Traffic> followers = engine_.traffic();
  std::sort(followers.begin(), followers.end(),
            [](const auto& a, const auto& b) { return to_hex(a.id.value) < to_hex(b.id.value); });
  for (const v3bridge::Traffic& follower : followers) {
    if (body.back() != '{') body += ',';
    append_follower(body, follower);
  }
  exchange.reply_json(200, body + "}}");
}

void StoreStats::serve(Exchange&& exchange) {
  const v3bridge::ApplyCounts& counts = engine_.counts();
  std::string body = "{";
  append_count(body, "getsSuccess", stats_.gets_success());
  append_count(body, "getsFail", stats_.gets_fail());
  for (const WriteTotals& totals : write_totals(counts)) {
    const std::string action = totals.action == std::string_view("set") ? "sets" : totals.action;
    append_count(body, action + "Success", totals.success);
    append_count(body, action + "Fail", totals.failure);
  }
  append_count(body, "expireCount", counts.expired);
  append_count(body, "watchers", stats_.watchers());
  exchange.reply_json(200, body + '}');
}

}  // namespace viaduct::v2
