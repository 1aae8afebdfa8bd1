#include "v2/info.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "base/json_text.h"
#include "base/log.h"

namespace viaduct::v2 {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::toupper(c); });
  return result;
}

// capnslog's names and numbers, on the levels that we have.
std::optional<log::Level> parse_level(std::string_view name) {
  struct Row {
    std::string_view names[3];
    log::Level level;
  };
  constexpr Row kRows[] = {
      {{"CRITICAL", "C", "C"}, log::Level::kPanic}, {{"ERROR", "E", "0"}, log::Level::kError},
      {{"WARNING", "W", "1"}, log::Level::kWarn},   {{"NOTICE", "N", "2"}, log::Level::kInfo},
      {{"INFO", "I", "3"}, log::Level::kInfo},      {{"DEBUG", "D", "4"}, log::Level::kDebug},
      {{"TRACE", "T", "5"}, log::Level::kDebug},
  };
  const std::string wanted = upper(name);
  for (const Row& row : kRows) {
    if (std::find(std::begin(row.names), std::end(row.names), wanted) != std::end(row.names)) return row.level;
  }
  return std::nullopt;
}

// The level asked for, whatever the case of the field's name; nothing if the body is no such object.
std::optional<std::string> level_in(const std::string& body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseStopWhenDoneFlag | rapidjson::kParseIterativeFlag>(body.data(), body.size());
  std::string level;
  if (document.HasParseError() || !(document.IsObject() || document.IsNull())) return std::nullopt;
  if (document.IsNull()) return level;
  for (const auto& member : document.GetObject()) {
    if (upper({member.name.GetString(), member.name.GetStringLength()}) != "LEVEL") continue;
    if (member.value.IsNull()) continue;
    if (!member.value.IsString()) return std::nullopt;
    level.assign(member.value.GetString(), member.value.GetStringLength());
  }
  return level;
}

}  // namespace

void Machines::serve(Exchange&& exchange) {
  std::vector<std::string> urls;
  for (const v3bridge::Member& member : engine_.members()) {
    urls.insert(urls.end(), member.client_urls.begin(), member.client_urls.end());
  }
  std::sort(urls.begin(), urls.end());
  std::string body;
  for (const std::string& url : urls) body += (body.empty() ? "" : ", ") + url;
  exchange.headers.add("Content-Type", "text/plain; charset=utf-8");
  exchange.reply(200, std::move(body));
}

void Version::serve(Exchange&& exchange) {
  std::string body = "{\"etcdserver\":";
  append_json_string(body, etcd_version_);
  body += ",\"etcdcluster\":";
  append_json_string(body, engine_.cluster_version());
  body += '}';
  exchange.reply_json(200, std::move(body));
}

void LogLevel::serve(Exchange&& exchange) {
  const std::optional<std::string> name = level_in(exchange.request.body);
  if (!name) return exchange.reply_message(400, "Invalid json body");
  const std::optional<log::Level> level = parse_level(*name);
  if (!level) return exchange.reply_message(400, "Invalid log level " + *name);
  log::set_level(*level);
  exchange.reply(204, std::string());
}

}  // namespace viaduct::v2
