#include "v2/stats_routes.h"

#include <chrono>
#include <cstdio>
#include <string_view>

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

int64_t wall_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
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

std::string time_text(int64_t wall_ns) {
  std::string text;
  append_time(text, wall_ns);
  return text;
}

}  // namespace

std::string_view role_name(v3bridge::RaftRole role) {
  switch (role) {
    case v3bridge::RaftRole::kFollower: return "StateFollower";
    case v3bridge::RaftRole::kPreCandidate: return "StatePreCandidate";
    case v3bridge::RaftRole::kCandidate: return "StateCandidate";
    case v3bridge::RaftRole::kLeader: return "StateLeader";
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
  append_text(body, "uptime", go_duration(led ? wall_now_ns() - raft.leader_since_wall_ns : 0));
  append_text(body, "startTime", led ? time_text(raft.leader_since_wall_ns) : std::string(kNoTime));
  body += '}';
  append_count(body, "recvAppendRequestCnt", 0);  // no peers, no appends
  append_count(body, "sendAppendRequestCnt", 0);
  exchange.reply_json(200, body + '}');
}

void LeaderStats::serve(Exchange&& exchange) {
  if (engine_.raft_status().leader != engine_.member_id()) return exchange.reply_message(403, "not current leader");
  std::string body = "{";
  append_text(body, "leader", to_hex(engine_.member_id().value));
  exchange.reply_json(200, body + ",\"followers\":{}}");
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
