// Percent-escapes, as paths and forms share them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace viaduct::net {

// The first '%' that two hexadecimal digits do not follow, with what stands behind it: at most three bytes.
std::optional<std::string_view> find_bad_escape(std::string_view text);

// Every escape must be valid.
std::string percent_decode(std::string_view text);

// Escapes all but letters, digits and -._~, so that the text can stand in a query or a form.
std::string percent_encode(std::string_view text);

}  // namespace viaduct::net
