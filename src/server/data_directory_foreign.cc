#include "server/data_directory_foreign.h"

#include <algorithm>
#include <string_view>

namespace viaduct::server {
namespace {

struct Known {
  std::string_view name;
  std::string_view whose;
};

constexpr Known kEtcdNames[] = {
    {"member", "etcd 2 or 3"},    {"proxy", "etcd 2 or 3, as a proxy"},
    {"snap", "etcd 2"},           {"conf", "etcd 0.4"},
    {"log", "etcd 0.4"},          {"snapshot", "etcd 0.4"},
    {"standby_info", "etcd 0.4"},
};

std::string_view etcd_release(std::string_view name, bool has_identity) {
  for (const Known& known : kEtcdNames) {
    if (name == known.name) return known.whose;
  }
  if (name.ends_with(".snap") || name.ends_with(".snap.db") || name.ends_with(".wal")) return "etcd";
  if (name == "wal" && !has_identity) return "etcd 2";  // ours comes into being after the identity
  return "";
}

bool is_ours(std::string_view name) {
  if (name.starts_with("state.")) return true;  // StateDirectory's
  if (name.ends_with(".tmp")) name.remove_suffix(4);
  return std::find(std::begin(kOurNames), std::end(kOurNames), name) != std::end(kOurNames);
}

}  // namespace

Foreign find_foreign(const std::vector<std::string>& names, bool has_identity) {
  Foreign found;
  for (const std::string& name : names) {
    const std::string_view release = etcd_release(name, has_identity);
    if (!release.empty()) {
      found.etcd.push_back(name + " (" + std::string(release) + ")");
    } else if (!is_ours(name) && name != "lost+found") {
      found.strays.push_back(name);
    }
  }
  return found;
}

bool has_etcd_segments(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    const bool digits = name.find_first_not_of("0123456789abcdef-") == 33;
    return digits && name.size() == 37 && name[16] == '-' && name.ends_with(".wal");
  });
}

}  // namespace viaduct::server
