#include "server/flag_table.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "server/flag_table_rows.h"

namespace viaduct::server {
namespace {

using Index = std::unordered_map<std::string_view, const Flag*>;

const Index& index() {
  static const Index by_name = [] {
    Index made;
    for (const Flag& flag : flag_table()) made.emplace(flag.name, &flag);
    return made;
  }();
  return by_name;
}

}  // namespace

std::span<const Flag> flag_table() {
  static const std::vector<Flag> all = [] {
    std::vector<Flag> rows;
    for (auto part : {server_flags(), security_flags(), experimental_flags(), viaduct_flags(), legacy_flags()}) {
      rows.insert(rows.end(), part.begin(), part.end());
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Flag& a, const Flag& b) { return a.section < b.section; });
    return rows;
  }();
  return all;
}

const Flag* find_flag(std::string_view name) {
  const auto found = index().find(name);
  return found == index().end() ? nullptr : found->second;
}

std::string_view section_title(Section section) {
  static constexpr std::array<std::string_view, kSections> titles = {"Member",
                                                                     "Clustering",
                                                                     "Security",
                                                                     "Auth",
                                                                     "Profiling and Monitoring",
                                                                     "Logging",
                                                                     "v2 Proxy",
                                                                     "Experimental",
                                                                     "Unsafe",
                                                                     "Viaduct",
                                                                     "Older command lines (etcd 0.4 and 2.x)"};
  return titles[static_cast<size_t>(section)];
}

std::string environment_name(std::string_view prefix, std::string_view flag_name) {
  std::string name = std::string(prefix) + "_";
  for (const char c : flag_name) name += c == '-' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

}  // namespace viaduct::server
