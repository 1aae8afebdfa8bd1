#include "server/environment.h"

#include <map>
#include <optional>
#include <set>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

constexpr std::string_view kPrefixes[] = {"ETCD", "VIADUCT"};
using Variables = std::map<std::string, std::string>;

Variables read(const std::vector<std::string>& environment, FlagValues* values) {
  Variables variables;
  for (const std::string& entry : environment) {
    const size_t equals = entry.find('=');
    if (equals != std::string::npos) {
      variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    } else if (values) {
      values->notice(log::Level::kWarn, "found invalid env " + entry);
    }
  }
  return variables;
}

bool has_our_prefix(const std::string& name) {
  // ETCD_UNSUPPORTED_ARCH is etcd's own switch for processors that every build of ours supports.
  if (name == "ETCD_UNSUPPORTED_ARCH") return false;
  return name.starts_with("ETCD_") || name.starts_with("VIADUCT_");
}

// Passwords end up in the environment of containers under names that no flag has; the log is no place for them.
std::string shown(const std::string& name, const std::string& value) {
  const bool secret = name.find("PASSWORD") != std::string::npos || name.find("SECRET") != std::string::npos;
  return name + "=" + (secret && !value.empty() ? "***" : value);
}

class Environment {
 public:
  Environment(const Variables& variables, FlagValues& values) : variables_(variables), values_(values) {}

  Result<void> apply(const Flag& flag) {
    std::optional<std::string> used;
    const bool on_command_line = values_.origin(target(flag)) == Origin::kCommandLine;
    for (const std::string_view prefix : kPrefixes) {
      const auto found = variables_.find(environment_name(prefix, flag.name));
      if (found == variables_.end()) continue;
      const auto& [name, value] = *found;
      if (on_command_line) return shadowed(name);
      if (value.empty()) continue;
      if (used) return both(*used, name);
      if (auto set = values_.set(flag, value, Origin::kEnvironment); !set) return wrong(name, value, set.error());
      values_.notice(log::Level::kInfo, "recognized and used environment variable " + shown(name, value));
      used_.insert(name);
      used = name;
    }
    return {};
  }

  void warn_of_the_unknown() {
    for (const auto& [name, value] : variables_) {
      if (!has_our_prefix(name) || used_.contains(name)) continue;
      values_.notice(log::Level::kWarn, "unrecognized environment variable " + shown(name, value));
    }
  }

 private:
  static std::string_view target(const Flag& flag) { return flag.status == Status::kAlias ? flag.words : flag.name; }

  static Error shadowed(const std::string& name) {
    return {Code::kInvalidArgument, "conflicting environment variable " + quote(name) +
                                        " is shadowed by corresponding command-line flag (either unset environment "
                                        "variable or disable flag)"};
  }
  static Error both(const std::string& first, const std::string& second) {
    return {Code::kInvalidArgument,
            "conflicting environment variables " + quote(first) + " and " + quote(second) + " (unset one of them)"};
  }
  static Error wrong(const std::string& name, const std::string& value, const Error& reason) {
    return {Code::kInvalidArgument, "invalid value " + quote(value) + " for " + name + ": " + reason.message};
  }

  const Variables& variables_;
  FlagValues& values_;
  std::set<std::string> used_;
};

}  // namespace

Result<void> apply_environment(const std::vector<std::string>& environment, FlagValues& values) {
  const Variables variables = read(environment, &values);
  Environment applied(variables, values);
  Result<void> first_problem;
  for (const Flag& flag : flag_table()) {
    auto result = applied.apply(flag);
    if (!result && first_problem) first_problem = std::move(result);
  }
  applied.warn_of_the_unknown();
  return first_problem;
}

std::string environment_value(const std::vector<std::string>& environment, std::string_view flag_name) {
  const Variables variables = read(environment, nullptr);
  for (const std::string_view prefix : kPrefixes) {
    const auto found = variables.find(environment_name(prefix, flag_name));
    if (found != variables.end() && !found->second.empty()) return found->second;
  }
  return "";
}

}  // namespace viaduct::server
