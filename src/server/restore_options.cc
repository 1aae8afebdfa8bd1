#include "server/restore_options.h"

#include <functional>

#include "server/flags_text.h"

namespace viaduct::server {
namespace {

struct RestoreFlag {
  const char* name;
  const char* default_text;
  const char* help;
  std::function<Result<void>(RestoreOptions&, const std::string&)> set;
  bool is_boolean = false;
};

Error wrong_syntax(const char* function, const std::string& text) {
  return {Code::kInvalidArgument, std::string("strconv.") + function + ": parsing " + quote(text) + ": invalid syntax"};
}

RestoreFlag text_flag(const char* name, const char* default_text, const char* help,
                      std::string RestoreOptions::*field) {
  return {name, default_text, help, [field](RestoreOptions& options, const std::string& text) -> Result<void> {
            options.*field = text;
            return {};
          }};
}

RestoreFlag boolean_flag(const char* name, const char* help, bool RestoreOptions::*field) {
  return {name, "false", help,
          [field](RestoreOptions& options, const std::string& text) -> Result<void> {
            const Result<bool> value = parse_bool(text);
            if (!value) return wrong_syntax("ParseBool", text);
            options.*field = *value;
            return {};
          },
          true};
}

const std::vector<RestoreFlag>& restore_flags() {
  static const std::vector<RestoreFlag> flags = {
      text_flag("data-dir", "",
                "Path to the data directory; ${name}.viaduct if none is given. It must be empty or missing.",
                &RestoreOptions::data_dir),
      text_flag("wal-dir", "", "Path to the WAL directory (below --data-dir if none is given).",
                &RestoreOptions::wal_dir),
      text_flag("name", "default", "Name of this member.", &RestoreOptions::name),
      text_flag("initial-cluster", "default=http://localhost:2380", "All members of the new cluster.",
                &RestoreOptions::initial_cluster),
      text_flag("initial-cluster-token", "etcd-cluster", "Token of the new cluster, from which ids are derived.",
                &RestoreOptions::initial_cluster_token),
      text_flag("initial-advertise-peer-urls", "http://localhost:2380", "This member's peer URLs.",
                &RestoreOptions::initial_advertise_peer_urls),
      boolean_flag("skip-hash-check", "Ignore the digest of the snapshot (a copy of etcd's database has none).",
                   &RestoreOptions::skip_hash_check),
      {"bump-revision", "0", "How much to raise the revision, and v2's index, after the restore.",
       [](RestoreOptions& options, const std::string& text) -> Result<void> {
         const Result<uint64_t> value = parse_unsigned(text);
         if (!value) return wrong_syntax("ParseUint", text);
         options.bump_revision = *value;
         return {};
       }},
      boolean_flag("mark-compacted",
                   "Mark all that was before the raised revision as compacted; goes with --bump-revision.",
                   &RestoreOptions::mark_compacted),
      {"v2-root", "",
       "v2's / is this v3 key prefix. For files of etcd's; one of viaduct's names its own, which must be the same.",
       [](RestoreOptions& options, const std::string& text) -> Result<void> {
         options.v2_root = text;
         return {};
       }},
  };
  return flags;
}

const RestoreFlag* find(const std::string& name) {
  for (const RestoreFlag& flag : restore_flags()) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

BadCommandLine failed(std::string message) { return {kRestoreFailed, std::move(message)}; }

// The value of a flag without "=".
std::optional<std::string> next_value(const RestoreFlag& flag, const std::vector<std::string>& arguments, size_t& at) {
  if (flag.is_boolean) return "true";
  if (at + 1 == arguments.size()) return std::nullopt;
  return arguments[++at];
}

std::optional<BadCommandLine> read_flag(const std::vector<std::string>& arguments, size_t& at,
                                        RestoreOptions& options) {
  const std::string& word = arguments[at];
  if (word[1] != '-') return failed("unknown shorthand flag: '" + word.substr(1, 1) + "' in " + word);
  const size_t equals = word.find('=');
  const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
  const RestoreFlag* const flag = find(name);
  if (!flag) return failed("unknown flag: --" + name);
  std::optional<std::string> value;
  if (equals != std::string::npos)
    value = word.substr(equals + 1);
  else
    value = next_value(*flag, arguments, at);
  if (!value) return failed("flag needs an argument: --" + name);
  const Result<void> set = flag->set(options, *value);
  if (set) return std::nullopt;
  return failed("invalid argument " + quote(*value) + " for \"--" + name + "\" flag: " + set.error().message);
}

std::optional<BadCommandLine> check(const std::vector<std::string>& files, RestoreOptions& options) {
  if (files.size() != 1) return BadCommandLine{kRestoreBadArguments, "snapshot restore requires exactly one argument"};
  options.file = files.front();
  if (options.data_dir.empty()) options.data_dir = options.name + ".viaduct";
  if (options.mark_compacted == (options.bump_revision > 0)) return std::nullopt;
  return BadCommandLine{kRestoreBadArguments, "--bump-revision and --mark-compacted go together"};
}

}  // namespace

std::optional<BadCommandLine> read_restore_options(const std::vector<std::string>& arguments, RestoreOptions& options) {
  std::vector<std::string> files;
  for (size_t at = 0; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (word == "--") {
      files.insert(files.end(), arguments.begin() + static_cast<ptrdiff_t>(at) + 1, arguments.end());
      break;
    }
    if (word == "-h" || word == "--help") {
      options.help = true;
      return std::nullopt;
    }
    if (word.size() < 2 || word[0] != '-') {
      files.push_back(word);
    } else if (auto bad = read_flag(arguments, at, options)) {
      return bad;
    }
  }
  return check(files, options);
}

std::string restore_help(const std::string& program) {
  std::string text =
      "Makes the data directory of a member from the file of a v3 snapshot, viaduct's or etcd's. Each member\n"
      "of a new cluster is made from the same file, with the same --initial-cluster and token.\n\nUsage:\n\n  " +
      program + " restore FILE [flags]\n\nFlags:\n";
  for (const RestoreFlag& flag : restore_flags()) {
    text += "  --" + std::string(flag.name) + " '" + flag.default_text + "'\n    " + flag.help + "\n";
  }
  return text;
}

}  // namespace viaduct::server
