#include "test/conformance/normalise.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <regex>
#include <vector>

namespace viaduct::conformance {
namespace {

using Replacement = std::function<std::string(const std::smatch&)>;

std::string replace_matches(const std::string& text, const std::regex& pattern, const Replacement& replacement) {
  std::string result;
  auto rest = text.cbegin();
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    result.append(rest, (*match)[0].first);
    result += replacement(*match);
    rest = (*match)[0].second;
  }
  return result.append(rest, text.cend());
}

void replace_text(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string relative(const std::string& number, const Frame& frame) {
  const auto value = static_cast<int64_t>(std::strtoull(number.c_str(), nullptr, 10));
  return value == 0 ? number : relative_number("n", value, static_cast<int64_t>(frame.index));
}

// Whole seconds from now to the instant, rounded up as ttl is.
std::string seconds_from_now(const std::string& date_and_time, const std::string& fraction) {
  std::tm parts{};
  ::strptime(date_and_time.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  const double instant = static_cast<double>(::timegm(&parts)) + std::strtod(("0" + fraction).c_str(), nullptr);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto seconds = static_cast<long long>(std::ceil(instant - now));
  return (seconds < 0 ? "<now" : "<now+") + std::to_string(seconds) + "s>";
}

std::string with_relative_indexes(std::string body, const Frame& frame) {
  static const std::regex kFields(R"re("(modifiedIndex|createdIndex|index)":(\d+))re");
  static const std::regex kCompared(R"re(\[(\w*) != (\d+)\])re");
  static const std::regex kCleared(R"re(cleared \[(\d+)/(\d+)\])re");
  static const std::regex kInOrder(R"re(/(\d{20})")re");
  body = replace_matches(body, kFields,
                         [&](const auto& m) { return "\"" + m.str(1) + "\":" + relative(m.str(2), frame); });
  body = replace_matches(body, kCompared,
                         [&](const auto& m) { return "[" + m.str(1) + " != " + relative(m.str(2), frame) + "]"; });
  body = replace_matches(body, kCleared,
                         [&](const auto& m) { return "cleared [" + relative(m.str(1), frame) + "/" + m.str(2) + "]"; });
  return replace_matches(body, kInOrder, [&](const auto& m) { return "/<" + relative(m.str(1), frame) + ">\""; });
}

std::string with_relative_times(std::string body) {
  // Up to nine fractional digits, no trailing zero, always UTC: anything else is left to show as a difference.
  static const std::regex kExpiration(R"re("expiration":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{0,8}[1-9])?Z")re");
  static const std::regex kClock(
      R"re("startTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?(Z|[+-]\d\d:\d\d)")re");
  static const std::regex kUptime(R"re("uptime":"(\d+h)?(\d+m)?\d+(\.\d+)?[mµ]?s")re");
  body = replace_matches(body, kExpiration, [](const auto& m) {
    return "\"expiration\":\"" + seconds_from_now(m.str(1), m.str(2)) + "\"";
  });
  body = std::regex_replace(body, kClock, "\"startTime\":\"<time>\"");
  return std::regex_replace(body, kUptime, "\"uptime\":\"<duration>\"");
}

// What the JSON gateway writes of ids, terms and revisions.
std::string with_relative_revisions(std::string body, const Frame& frame) {
  static const std::regex kRevisions(R"re("((?:create_|mod_|compact_)?revision)":"(\d+)")re");
  static const std::regex kChosen(R"re("ID":"\d{15,}")re");  // no scenario names so long an id in a raw request
  static const std::regex kOwn(R"re("(cluster_id|member_id|raft_term)":"\d+")re");
  body = replace_matches(body, kRevisions, [&](const auto& m) {
    return "\"" + m.str(1) + "\":\"" +
           relative_number("r", std::strtoll(m.str(2).c_str(), nullptr, 10), frame.revision) + "\"";
  });
  body = std::regex_replace(body, kChosen, "\"ID\":\"<lease>\"");
  return std::regex_replace(body, kOwn, "\"$1\":\"<$1>\"");
}

// Where the JSON value that begins at `at` ends.
size_t end_of_value(const std::string& json, size_t at) {
  int depth = 0;
  bool quoted = false;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return json.size();
}

}  // namespace

std::string relative_number(const std::string& name, int64_t number, int64_t base) {
  if (number <= 0) return std::to_string(number);
  const int64_t offset = number - base;
  return name + (offset == 0 ? "" : (offset > 0 ? "+" : "") + std::to_string(offset));
}

bool like(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.substr(0, star) != pattern.substr(0, star)) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  for (size_t skipped = 0; skipped <= text.size(); ++skipped) {
    if (like(pattern, text.substr(skipped))) return true;
  }
  return false;
}

std::string order_listings(const std::string& json) {
  static const std::string kNodes = "\"nodes\":[";
  const size_t mark = json.find(kNodes);
  if (mark == std::string::npos) return json;
  size_t at = mark + kNodes.size();
  std::vector<std::string> elements;
  while (at < json.size() && json[at] != ']') {
    const size_t end = end_of_value(json, at);
    elements.push_back(order_listings(json.substr(at, end - at)));
    at = end < json.size() && json[end] == ',' ? end + 1 : end;
  }
  std::sort(elements.begin(), elements.end());
  std::string result = json.substr(0, mark + kNodes.size());
  for (size_t i = 0; i < elements.size(); ++i) result += (i == 0 ? "" : ",") + elements[i];
  return result + order_listings(json.substr(at));
}

std::string normalise_body(const std::string& body, const Frame& frame, bool sorted) {
  std::string result = with_relative_revisions(with_relative_times(with_relative_indexes(body, frame)), frame);
  replace_text(result, frame.client, "<client>");
  replace_text(result, frame.peer, "<peer>");
  replace_text(result, frame.member, "<member>");
  for (const auto& [own, name] : frame.others) replace_text(result, own, name);
  return sorted ? result : order_listings(result);
}

std::string normalise_header(const std::string& name, const std::string& value, const Frame& frame) {
  static const std::regex kDate(R"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)");
  static const std::regex kNumber(R"(\d+)");
  static const std::regex kHexadecimal(R"([1-9a-f][0-9a-f]{0,15})");
  if (name == "Date" && std::regex_match(value, kDate)) return "<date>";
  if (name == "X-Etcd-Index" && std::regex_match(value, kNumber)) return relative(value, frame);
  if (name == "X-Etcd-Cluster-Id" && std::regex_match(value, kHexadecimal)) return "<hexadecimal>";
  const bool own_count = name == "X-Raft-Index" || name == "X-Raft-Term" || name == "X-Etcd-Revision";
  if (own_count && std::regex_match(value, kNumber)) return "<number>";
  std::string result = value;
  replace_text(result, frame.client, "<client>");
  return result;
}

bool same_answer(const std::string& left, const std::string& right) {
  if (left == right) return true;
  static const std::regex kSeconds(R"re(("ttl":|TTL~|"TTL":"|<now\+?)(-?\d+))re");
  const auto masked = [](const std::string& text, std::vector<long>& seconds) {
    return replace_matches(text, kSeconds, [&](const auto& m) {
      seconds.push_back(std::strtol(m.str(2).c_str(), nullptr, 10));
      return m.str(1) + "#";
    });
  };
  std::vector<long> left_seconds;
  std::vector<long> right_seconds;
  if (masked(left, left_seconds) != masked(right, right_seconds)) return false;
  return std::equal(left_seconds.begin(), left_seconds.end(), right_seconds.begin(), right_seconds.end(),
                    [](long a, long b) { return std::abs(a - b) <= 1; });
}

}  // namespace viaduct::conformance
