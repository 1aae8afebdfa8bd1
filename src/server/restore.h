// `viaduct restore`: a data directory from the file of a v3 snapshot, for a member of a new cluster (CC-16). A start
// with that directory goes on from there.
// Promise: the member's identity is written last: a directory that was not finished is refused by a later start.
// Errors: etcdctl's texts where it has one.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "base/random.h"
#include "base/result.h"
#include "server/restore_options.h"

namespace viaduct::server {

Result<void> restore(Disk& disk, Random& random, const RestoreOptions& options);

// All of it, as main() has it: arguments behind the sub-command in, exit status out.
int run_restore(Disk& disk, Random& random, const std::string& program, const std::vector<std::string>& arguments);

}  // namespace viaduct::server
