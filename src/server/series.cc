#include "server/series.h"

#include <charconv>

namespace viaduct::server {

std::optional<uint32_t> series_of(std::string_view version) {
  uint32_t major = 0, minor = 0;
  const char* const end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc() || minor > 9999 || major > 9999) return std::nullopt;
  return major * 10000 + minor;
}

std::string cluster_version_of(const std::string& version) { return short_version(version) + ".0"; }

std::string short_version(const std::string& version) { return version.substr(0, version.rfind('.')); }

}  // namespace viaduct::server
