// The error codes of the v2 API (v2-api.md section 5): message and HTTP status of each, and the reply body.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "v3bridge/v2_code.h"

namespace viaduct::v2 {

std::string_view error_message(int code);
int http_status(int code);

// {"errorCode":100,"message":"Key not found","cause":"/a","index":7} and a line feed; `cause` is left out when empty.
std::string error_body(int code, std::string_view cause, Seq index);

}  // namespace viaduct::v2
