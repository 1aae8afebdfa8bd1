#include "server/help.h"

#include <sys/utsname.h>

#include "base/version.h"

namespace viaduct::server {
namespace {

// What clients and scripts that look for etcd's version find; --advertise-etcd-version changes what the APIs say.
std::string_view etcd_version() { return find_flag("advertise-etcd-version")->default_text; }

std::string architecture() {
  utsname system{};
  uname(&system);
  const std::string_view machine = system.machine;
  return machine == "x86_64" ? "amd64" : machine == "aarch64" ? "arm64" : std::string(machine);
}

}  // namespace

std::string program_name(std::string_view argv0) {
  const size_t slash = argv0.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? argv0 : argv0.substr(slash + 1);
  return last.empty() ? "viaduct" : std::string(last);
}

std::string usage_text(std::string_view program) {
  const std::string name(program);
  return "Usage:\n\n"
         "  " +
         name +
         " [flags]\n    Run the server.\n\n"
         "  " +
         name +
         " --config-file FILE\n    Run the server with the settings of a YAML file and no others.\n\n"
         "  " +
         name +
         " restore FILE [flags]\n    Make a data directory from the file of a v3 snapshot; restore --help shows its "
         "flags.\n\n"
         "  " +
         name +
         " --version\n    Show the version.\n\n"
         "  " +
         name +
         " -h | --help\n    Show every flag.\n\n"
         "Each flag --some-name can be set by the variable VIADUCT_SOME_NAME or ETCD_SOME_NAME as well.\n";
}

std::string flag_help(const Flag& flag) {
  std::string text(flag.help);
  switch (flag.status) {
    case Status::kUsed:
      break;
    case Status::kNoEffect:
      text += " (accepted, no effect here)";
      break;
    case Status::kLater:
      text += " (accepted, no effect yet)";
      break;
    case Status::kRefused:
      text += " (not supported yet: refuses to start)";
      break;
    case Status::kAlias:
      text += flag.section == Section::kLegacy ? " Use --" + std::string(flag.words) + "." : "";
      break;
    case Status::kIgnored:
      text += " (ignored with a warning)";
      break;
  }
  return text;
}

std::string help_text() {
  std::string text;
  std::string_view title;
  for (const Flag& flag : flag_table()) {
    if (section_title(flag.section) != title) {
      title = section_title(flag.section);
      text += "\n" + std::string(title) + ":\n";
    }
    text +=
        "  --" + std::string(flag.name) + " '" + std::string(flag.default_text) + "'\n    " + flag_help(flag) + "\n";
  }
  return text;
}

std::string version_text(std::string_view program) {
  if (program != "etcd") return "viaduct Version: " + std::string(kVersion) + "\n";
  return "etcd Version: " + std::string(etcd_version()) + "\nGit SHA: viaduct-" + kVersion +
         "\nGo Version: none\nGo OS/Arch: linux/" + architecture() + "\n";
}

}  // namespace viaduct::server
