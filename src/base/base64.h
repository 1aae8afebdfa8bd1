// Base64 (RFC 4648, section 4), taken as Go's encoding/base64 takes it: padded, line feeds and carriage returns are
// skipped, the bits behind the last byte are not looked at.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct {

void append_base64(std::string& to, std::string_view bytes);

// Appends what `text` stands for. Else the place that Go calls illegal, and `to` has an unspecified tail.
std::optional<size_t> append_from_base64(std::string& to, std::string_view text);

}  // namespace viaduct
