// Which start of its process a member is at: a number that rises with every start, so that its peers can tell what an
// earlier process of it has said from what this one says (raft.h, Options::incarnation; CC-12).
//   incarnation := number:u64 crc:u32      little-endian; crc is CRC-32C of the number
#pragma once

#include <cstdint>
#include <string>

#include "base/disk.h"
#include "base/result.h"

namespace viaduct::server {

// Durable when it returns. The wall clock stands in for a file that is missing or damaged: better than to begin at 1.
Result<uint64_t> next_incarnation(Disk& disk, const std::string& directory, int64_t wall_ns);

// Peers have heard of `newest`: the next one will be higher. Durable when it returns.
Result<void> raise_incarnation(Disk& disk, const std::string& directory, uint64_t newest);

}  // namespace viaduct::server
