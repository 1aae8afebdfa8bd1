// The Lock and Election services are clients of the server they are part of, and what fails below them leaves with
// code Unknown and its own text (v3-api.md 2.12).
#pragma once

#include <memory>

#include "v3/call.h"

namespace viaduct::v3 {

// The same unary call; if it fails, with code Unknown.
std::unique_ptr<Call> with_unknown_errors(std::unique_ptr<Call> call);

}  // namespace viaduct::v3
