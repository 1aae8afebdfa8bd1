#include "server/flags.h"

#include <optional>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

Error invalid(std::string message) { return Error{Code::kInvalidArgument, std::move(message)}; }

bool is_flag(const std::string& argument) { return argument.size() >= 2 && argument[0] == '-'; }

struct Word {
  std::string name;
  std::optional<std::string> value;  // behind =
};

Result<Word> read_word(const std::string& argument) {
  const std::string body = argument.substr(argument[1] == '-' ? 2 : 1);
  if (body.empty() || body[0] == '-' || body[0] == '=') return invalid("bad flag syntax: " + argument);
  const size_t equals = body.find('=');
  if (equals == std::string::npos) return Word{body, std::nullopt};
  return Word{body.substr(0, equals), body.substr(equals + 1)};
}

// The value of a flag without =; takes the next argument where the kind asks for one.
Result<std::string> next_value(const Flag& flag, const std::vector<std::string>& arguments, size_t& at) {
  const bool more = at + 1 < arguments.size();
  if (flag.kind == Kind::kBool || flag.kind == Kind::kSwitch) return std::string("true");
  if (flag.kind == Kind::kWord) return more && !is_flag(arguments[at + 1]) ? arguments[++at] : std::string();
  if (!more) return invalid("flag needs an argument: -" + std::string(flag.name));
  return arguments[++at];
}

Error wrong_value(const Flag& flag, const std::string& value, const std::string& reason) {
  const std::string name(flag.name);
  if (flag.kind == Kind::kBool)
    return invalid("invalid boolean value " + quote(value) + " for -" + name + ": " + reason);
  return invalid("invalid value " + quote(value) + " for flag -" + name + ": " + reason);
}

}  // namespace

Result<ParsedFlags> parse_flags(const std::vector<std::string>& arguments, FlagValues& values) {
  ParsedFlags parsed;
  size_t at = 0;
  for (; at < arguments.size() && is_flag(arguments[at]); ++at) {
    if (arguments[at] == "--") {
      ++at;
      break;
    }
    VIADUCT_TRY_ASSIGN(word, read_word(arguments[at]));
    const Flag* flag = find_flag(word.name);
    if (!flag && (word.name == "help" || word.name == "h")) {
      parsed.help = true;
      return parsed;
    }
    if (!flag) return invalid("flag provided but not defined: -" + word.name);
    if (!word.value) {
      VIADUCT_TRY_ASSIGN(value, next_value(*flag, arguments, at));
      word.value = std::move(value);
    }
    if (auto set = values.set(*flag, *word.value, Origin::kCommandLine); !set) {
      return wrong_value(*flag, *word.value, set.error().message);
    }
  }
  parsed.rest.assign(arguments.begin() + static_cast<ptrdiff_t>(at), arguments.end());
  return parsed;
}

}  // namespace viaduct::server
