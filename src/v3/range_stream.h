// KV.RangeStream (v3-api.md 1.1): a Range whose answer comes in pieces.
#pragma once

#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Borrows the engine.
void add_range_stream_method(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options);

}  // namespace viaduct::v3
