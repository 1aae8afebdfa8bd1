// The KV service (v3-api.md 2.4, 2.5), but for RangeStream, which is in range_stream.h.
//
// Reads of the present that are in memory are answered on the loop; history, what is on the disk only and what takes
// more than a slice goes to a reader. Writes go through the log as they came, once they are found sound.
#pragma once

#include "v3/method.h"
#include "v3/service.h"

namespace viaduct::v3 {

// Borrows the engine.
void add_kv_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options);

}  // namespace viaduct::v3
