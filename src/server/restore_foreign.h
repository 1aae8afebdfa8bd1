// A store from a file of etcd's: leases, users and roles as rows, then every change of a key again, in order of its
// revision (bridge.md F2).
// What etcd knows and v2 would have shown is made up: a seq for each change, none below its revision; implicit
// directories; a lease's expiration, counted from the beginning of 1970, since a file has no clock.
#pragma once

#include "base/result.h"
#include "bolt/reader.h"
#include "store/seed.h"

namespace viaduct::server {

// kInvalidArgument if the file has authentication enabled, which this server could not keep up.
Result<void> seed_foreign(const bolt::Reader& reader, store::Seed& seed);

// The rest, once the store is open and has its v2 root: keys, and compaction to where etcd had come.
Result<void> replay_foreign(const bolt::Reader& reader, store::Store& store);

}  // namespace viaduct::server
