#include "server/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

// The type that a value has once YAML 1.1 is read as JSON, in Go's words.
enum class Json { kNull, kBool, kInteger, kFraction, kString, kArray, kObject };

std::optional<bool> yaml_bool(const std::string& text) {
  for (const char* yes : {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

bool is_fraction(const std::string& text) {
  const bool digits = std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && text.find_first_not_of("0123456789+-.eE") == std::string::npos;
}

Json scalar_type(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return Json::kString;  // quoted
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Json::kNull;
  if (yaml_bool(text)) return Json::kBool;
  if (parse_signed(text) || parse_unsigned(text)) return Json::kInteger;
  return is_fraction(text) ? Json::kFraction : Json::kString;
}

Json type_of(const YAML::Node& node) {
  if (node.IsMap()) return Json::kObject;
  if (node.IsSequence()) return Json::kArray;
  return node.IsScalar() ? scalar_type(node) : Json::kNull;
}

// A number is shown where another kind of number was wanted.
std::string type_name(const YAML::Node& node, std::string_view wanted) {
  switch (type_of(node)) {
    case Json::kNull:
      return "null";
    case Json::kBool:
      return "bool";
    case Json::kInteger:
    case Json::kFraction:
      return wanted.find("int") == wanted.npos ? "number" : "number " + node.Scalar();
    case Json::kString:
      return "string";
    case Json::kArray:
      return "array";
    case Json::kObject:
      return "object";
  }
  return "value";
}

std::string_view go_type(const Flag& flag) {
  switch (flag.kind) {
    case Kind::kBool:
      return "bool";
    case Kind::kUint:
      return flag.name == "snapshot-count" ? "uint64" : flag.name == "max-concurrent-streams" ? "uint32" : "uint";
    case Kind::kInt:
      return "int64";
    case Kind::kDuration:
      return "time.Duration";
    case Kind::kList:
      return "[]string";
    default:
      return "string";
  }
}

Error wrong_type(const YAML::Node& node, const std::string& owner, const std::string& key, std::string_view type) {
  return invalid("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal " + type_name(node, type) +
                 " into Go struct field " + owner + "." + key + " of type " + std::string(type));
}

// The text that the same setting would have on the command line; none when the type is wrong.
std::optional<std::string> flag_text(const Flag& flag, const YAML::Node& node) {
  const Json type = type_of(node);
  switch (flag.kind) {
    case Kind::kBool:
      if (type != Json::kBool) return std::nullopt;
      return *yaml_bool(node.Scalar()) ? "true" : "false";
    case Kind::kUint:
      if (type != Json::kInteger || !parse_unsigned(node.Scalar())) return std::nullopt;
      return node.Scalar();
    case Kind::kInt:
      if (type != Json::kInteger || !parse_signed(node.Scalar())) return std::nullopt;
      return node.Scalar();
    case Kind::kDuration:
      if (type == Json::kInteger) return node.Scalar() + "ns";
      if (type == Json::kString && parse_duration(node.Scalar())) return node.Scalar();
      return std::nullopt;
    case Kind::kList: {
      if (type != Json::kArray) return std::nullopt;
      std::string joined;
      for (const YAML::Node& part : node) {
        if (type_of(part) != Json::kString) return std::nullopt;
        joined += (joined.empty() ? "" : ",") + part.Scalar();
      }
      return joined;
    }
    default:
      if (type != Json::kString) return std::nullopt;
      return node.Scalar();
  }
}

class ConfigFile {
 public:
  explicit ConfigFile(FlagValues& values) : values_(values) {}

  Result<void> apply(const YAML::Node& root) {
    if (type_of(root) == Json::kNull) return {};
    if (!root.IsMap()) {
      return invalid("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal " + type_name(root, "") +
                     " into Go value of type embed.configYAML");
    }
    for (const auto& entry : root) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (key == "client-transport-security") {
        VIADUCT_TRY(apply_security(entry.second, key, ""));
      } else if (key == "peer-transport-security") {
        VIADUCT_TRY(apply_security(entry.second, key, "peer-"));
      } else {
        VIADUCT_TRY(apply_setting(entry.second, "configYAML", key, key));
      }
    }
    return {};
  }

 private:
  Result<void> apply_security(const YAML::Node& node, const std::string& section, const std::string& prefix) {
    if (type_of(node) == Json::kNull) return {};
    if (!node.IsMap()) return wrong_type(node, "configYAML", section, "embed.securityConfig");
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      VIADUCT_TRY(apply_setting(entry.second, "securityConfig", section + "." + key, prefix + key));
    }
    return {};
  }

  Result<void> apply_setting(const YAML::Node& node, const std::string& owner, const std::string& key,
                             const std::string& flag_name) {
    const Flag* flag = find(flag_name);
    if (!flag || flag->section == Section::kLegacy || flag_name == "config-file") {
      values_.notice(log::Level::kWarn, "unrecognized key " + quote(key) + " in the configuration file - ignoring.");
      return {};
    }
    if (type_of(node) == Json::kNull) return {};
    const std::optional<std::string> text = flag_text(*flag, node);
    if (!text) return wrong_type(node, owner, key, go_type(*flag));
    if (auto set = values_.set(*flag, *text, Origin::kFile); !set) return wrong_value(*flag, *text, set.error());
    return {};
  }

  // Go matches JSON keys without regard to case.
  static const Flag* find(std::string name) {
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
    }
    return find_flag(name);
  }

  static Error wrong_value(const Flag& flag, const std::string& text, const Error& reason) {
    if (flag.name == "initial-cluster-state") return invalid("unexpected clusterState " + quote(text));
    return invalid("unexpected error setting up " + std::string(flag.name) + ": " + reason.message);
  }

  FlagValues& values_;
};

}  // namespace

Result<void> apply_config_file(const std::string& content, FlagValues& values) {
  try {
    return ConfigFile(values).apply(YAML::Load(content));
  } catch (const YAML::Exception& problem) {
    return invalid("error converting YAML to JSON: yaml: line " + std::to_string(problem.mark.line + 1) + ": " +
                   problem.msg);
  }
}

}  // namespace viaduct::server
