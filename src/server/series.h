// Versions as clusters compare them: by major and minor number, "3.5.21" and "3.5.0" being the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::server {

// As one number that rises with the version; nothing for what is none, such as "not_decided".
std::optional<uint32_t> series_of(std::string_view version);

}  // namespace viaduct::server
