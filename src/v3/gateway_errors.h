// How errors look over the gateway (v3-api.md 1.5).
#pragma once

#include <string>

#include "v3/release.h"
#include "v3/status.h"

namespace viaduct::v3 {

int http_status_of(StatusCode code);

// {"error":"...","code":3,"message":"..."}: a whole body.
std::string error_body(const Status& status, const Release& release);
// {"error":{"grpc_code":...}}: instead of a message of a stream.
std::string stream_error(const Status& status);

}  // namespace viaduct::v3
