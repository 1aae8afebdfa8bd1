// Versions as clusters compare them: by major and minor number, "3.5.21" and "3.5.0" being the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::server {

// As one number that rises with the version; nothing for what is none, such as "not_decided".
std::optional<uint32_t> series_of(std::string_view version);

// The version of a cluster whose members are of that one: "3.5.21" -> "3.5.0".
std::string cluster_version_of(const std::string& version);

// As it is logged and shown: "3.5.0" -> "3.5".
std::string short_version(const std::string& version);

}  // namespace viaduct::server
