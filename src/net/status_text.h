// Reason phrases (RFC 9110, 15 and RFC 6585).
#pragma once

#include <string_view>

namespace viaduct::net {

std::string_view status_text(int status);  // "Unknown" for a status that has none
inline bool allows_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace viaduct::net
