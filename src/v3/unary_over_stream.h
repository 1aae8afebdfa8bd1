// A unary method as a stream of one request and one answer, for wires that only know streams.
#pragma once

#include <memory>

#include "v3/call.h"
#include "v3/method.h"

namespace viaduct::v3 {

// `call` outlives the Inbound, as for any stream.
std::unique_ptr<Inbound> open_unary(const Method& method, Call& call);

}  // namespace viaduct::v3
