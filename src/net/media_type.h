// Content-Type values, by the rules of Go's mime.ParseMediaType, which v2 clients rely on.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace viaduct::net {

// The type in lower case, without parameters: "application/json".
// Errors: kInvalidArgument with the text a client sees, such as `mime: expected slash after first token` and
//         `mime: invalid media parameter`.
Result<std::string> parse_media_type(std::string_view content_type);

}  // namespace viaduct::net
