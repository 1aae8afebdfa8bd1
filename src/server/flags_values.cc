#include "server/flags_values.h"

#include <algorithm>
#include <cassert>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

template <typename T>
Result<void> without_value(const Result<T>& result) {
  if (!result) return result.error();
  return {};
}

Result<void> check_duration(std::string_view text) {
  if (!parse_duration(text)) return Error{Code::kInvalidArgument, "parse error"};
  return {};
}

Result<void> check_choice(const Flag& flag, std::string_view text) {
  const std::vector<std::string> words = split(flag.words, '|');
  if (std::find(words.begin(), words.end(), text) != words.end()) return {};
  if (flag.name == "log-level") return Error{Code::kInvalidArgument, "unknown level " + quote(text)};
  return Error{Code::kInvalidArgument, "invalid value"};
}

Result<void> check_origins(std::string_view text) {
  if (text.empty()) return {};
  for (const std::string& part : split(text, ',')) {
    if (trim(part) != "*") VIADUCT_TRY(parse_url(trim(part)));
  }
  return {};
}

Result<void> check_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Error{Code::kInvalidArgument, "bad format in address specification"};
  std::string host(text.substr(0, colon));
  if (!host.starts_with('[') && host.find(':') != std::string::npos) host = "[" + host + "]";
  const auto url = parse_url("http://" + host + ":0");
  if (!url || !check_listen_urls({*url}) || url->host == "localhost") {
    return Error{Code::kInvalidArgument, "bad IP in address specification"};
  }
  const auto port = parse_unsigned(text.substr(colon + 1));
  if (!port || *port > 65'535) return Error{Code::kInvalidArgument, "bad port in address specification"};
  return {};
}

// A value in whatever spelling, so that 1, t and true compare equal.
std::string canonical(const Flag& flag, const std::string& text) {
  if (flag.kind == Kind::kBool) return *parse_bool(text) ? "true" : "false";
  if (flag.kind == Kind::kDuration) return std::to_string(parse_duration(text)->count());
  if (flag.kind == Kind::kUint) return std::to_string(*parse_unsigned(text));
  if (flag.kind == Kind::kInt) return std::to_string(*parse_signed(text));
  return text;
}

}  // namespace

Result<void> check_text(const Flag& flag, std::string_view text) {
  switch (flag.kind) {
    case Kind::kBool:
      return without_value(parse_bool(text));
    case Kind::kUint:
      return without_value(parse_unsigned(text));
    case Kind::kInt:
      return without_value(parse_signed(text));
    case Kind::kDuration:
      return check_duration(text);
    case Kind::kChoice:
      return check_choice(flag, text);
    case Kind::kUrls:
      return without_value(parse_urls(text, true));
    case Kind::kOrigins:
      return check_origins(text);
    case Kind::kAddress:
      return check_address(text);
    case Kind::kString:
    case Kind::kList:
    case Kind::kSwitch:
    case Kind::kWord:
      return {};
  }
  return {};
}

FlagValues::FlagValues() {
  for (const Flag& flag : flag_table()) values_.push_back({std::string(flag.default_text), Origin::kDefault});
}

Result<void> FlagValues::set(const Flag& flag, std::string_view text, Origin origin) {
  if (flag.status == Status::kAlias) {
    if (flag.section == Section::kLegacy) {
      notice(log::Level::kWarn, "[deprecated] use -" + std::string(flag.words) + ", not -" + std::string(flag.name));
    } else if (flag.name == "log-output") {
      notice(log::Level::kWarn, "'--log-output' flag has been deprecated! Please use '--log-outputs'!");
    }
    return set(*find_flag(flag.words), text, origin);
  }
  const std::string name(flag.name);
  if (flag.status == Status::kIgnored) {
    notice(log::Level::kWarn, "flag \"-" + name + "\" is no longer supported - ignoring.");
    notice(log::Level::kInfo, "-" + name + ": " + std::string(flag.help));
  }
  VIADUCT_TRY(check_text(flag, text));
  values_[slot(flag.name)] = {std::string(text), origin};
  return {};
}

size_t FlagValues::slot(std::string_view name) {
  const Flag* flag = find_flag(name);
  assert(flag);
  return static_cast<size_t>(flag - flag_table().data());
}

Origin FlagValues::origin(std::string_view name) const { return values_[slot(name)].origin; }

bool FlagValues::differs_from_default(const Flag& flag) const {
  const Value& value = values_[slot(flag.name)];
  if (value.origin == Origin::kDefault) return false;
  return canonical(flag, value.text) != canonical(flag, std::string(flag.default_text));
}

const std::string& FlagValues::text(std::string_view name) const { return values_[slot(name)].text; }
bool FlagValues::boolean(std::string_view name) const { return *parse_bool(text(name)); }
uint64_t FlagValues::number(std::string_view name) const { return *parse_unsigned(text(name)); }
int64_t FlagValues::integer(std::string_view name) const { return *parse_signed(text(name)); }
std::chrono::nanoseconds FlagValues::duration(std::string_view name) const { return *parse_duration(text(name)); }
Urls FlagValues::urls(std::string_view name) const { return *parse_urls(text(name), true); }

std::vector<std::string> FlagValues::list(std::string_view name) const {
  std::vector<std::string> parts;
  for (const std::string& part : split(text(name), ',')) {
    const std::string word = trim(part);
    if (!word.empty() && std::find(parts.begin(), parts.end(), word) == parts.end()) parts.push_back(word);
  }
  return parts;
}

}  // namespace viaduct::server
