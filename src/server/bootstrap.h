// Which of the ways a member starts by it goes (operations.md 2.2): on from what its data directory holds, or as a new
// member, whose identity is decided here and written down.
// Threads: the main thread, before anything is served. May take as long as others let it wait.
#pragma once

#include "base/result.h"
#include "server/config.h"
#include "server/data_directory.h"
#include "server/identity.h"
#include "server/outside.h"

namespace viaduct::server {

// Errors: etcd's texts, kInvalidArgument where the command line is wrong, kUnavailable where others are.
Result<Identity> bootstrap(const Config& config, DataDirectory& directory, const Outside& outside);

}  // namespace viaduct::server
