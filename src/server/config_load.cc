#include "server/config_load.h"

#include "server/config_build.h"
#include "server/config_file.h"
#include "server/environment.h"
#include "server/flags.h"
#include "server/flags_text.h"
#include "server/help.h"

namespace viaduct::server {
namespace {

constexpr uint64_t kConfigFileBytes = 1 << 20;
constexpr int kFailed = 1;   // exit status: could not start
constexpr int kMisused = 2;  // exit status: the command line makes no sense, as Go's flag package has it

StartUp leave(int exit_status, std::string standard_output, std::string standard_error = {}) {
  StartUp start_up;
  start_up.exit_status = exit_status;
  start_up.standard_output = std::move(standard_output);
  start_up.standard_error = std::move(standard_error);
  return start_up;
}

StartUp refuse(const std::string& program, FlagValues& values, const std::string& reason) {
  values.notice(log::Level::kError, "error verifying flags, " + reason + ". See '" + program + " --help'.");
  if (reason == kAdvertiseRequired) {
    values.notice(log::Level::kError,
                  "When listening on specific address(es), this etcd process must advertise accessible url(s) to each "
                  "connected client.");
  }
  StartUp start_up = leave(kFailed, "");
  start_up.notices = values.notices();
  return start_up;
}

Result<void> read_config_file(Disk& disk, const std::string& path, FlagValues& values) {
  values.notice(log::Level::kInfo, "Loading server configuration from " + quote(path) +
                                       ". Other configuration command line flags and environment variables will be "
                                       "ignored if provided.");
  const auto content = read_file(disk, path, kConfigFileBytes);
  if (!content && content.error().code == Code::kNotFound) {
    return Error{Code::kNotFound, "open " + path + ": no such file or directory"};
  }
  if (!content) return content.error();
  return apply_config_file(*content, values);
}

Result<void> read_join_peers(Disk& disk, const FlagValues& values, Config& config) {
  const std::string& path = values.text("peers-file");
  std::string listed;
  if (!path.empty()) {
    auto content = read_file(disk, path, kConfigFileBytes);
    if (!content) return Error{content.error().code, "-peers-file " + path + ": " + content.error().message};
    listed = *std::move(content);
  }
  return configure_join_peers(values, listed, config);
}

}  // namespace

StartUp load_config(const Invocation& invocation, Disk& disk) {
  const std::string program = program_name(invocation.program);
  FlagValues values;
  if (!invocation.arguments.empty()) {
    const std::string& word = invocation.arguments[0];
    if (word == "gateway" || word == "grpc-proxy")
      return refuse(program, values, "'" + word + "' is not supported yet");
  }
  const auto parsed = parse_flags(invocation.arguments, values);
  if (!parsed) return leave(kMisused, "", parsed.error().message + "\n" + usage_text(program));
  if (parsed->help) return leave(0, help_text(), usage_text(program));
  if (!parsed->rest.empty()) return refuse(program, values, "'" + parsed->rest[0] + "' is not a valid flag");
  if (values.boolean("version")) return leave(0, version_text(program));

  std::string path = values.text("config-file");
  if (path.empty()) path = environment_value(invocation.environment, "config-file");
  const bool from_file = !path.empty();
  Result<void> applied;
  if (from_file) {
    FlagValues file_values;
    for (const Notice& notice : values.notices()) file_values.notice(notice.level, notice.text);
    values = std::move(file_values);
    applied = read_config_file(disk, path, values);
  } else {
    applied = apply_environment(invocation.environment, values);
  }
  if (!applied) return refuse(program, values, applied.error().message);

  auto config = build_config(values, from_file, invocation.default_host);
  if (!config) return refuse(program, values, config.error().message);
  if (auto peers = read_join_peers(disk, values, *config); !peers)
    return refuse(program, values, peers.error().message);
  StartUp start_up;
  start_up.config = *std::move(config);
  start_up.notices = values.notices();
  return start_up;
}

void log_notices(const std::vector<Notice>& notices) {
  for (const Notice& notice : notices) {
    if (notice.level >= log::level()) log::write(notice.level, notice.text, {});
  }
}

}  // namespace viaduct::server
