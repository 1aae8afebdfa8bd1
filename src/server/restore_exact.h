// A store from a file of ours: the rows of bucket "viaduct", each record of a key completed by its row of bucket "key".
#pragma once

#include "base/result.h"
#include "bolt/reader.h"
#include "store/seed.h"

namespace viaduct::server {

// True if the bucket is there and still belongs to the others (v3/snapshot_format.h). kCorrupt if it is damaged itself.
Result<bool> is_exact(const bolt::Reader& reader);

Result<void> seed_exact(const bolt::Reader& reader, store::Seed& seed);

}  // namespace viaduct::server
