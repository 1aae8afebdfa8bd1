// What a reader needs to know of the machine to place the figures.
#pragma once

#include <chrono>
#include <string>

namespace viaduct::bench {

std::string describe_cpu();     // "2 × model"
std::string describe_kernel();  // "Linux release"

struct SyncTimes {
  std::chrono::nanoseconds p50, p99;
};

// Overwrites 4 KiB of a preallocated file and calls fdatasync, many times over: what one synced write costs on this
// disk. Failure where the directory is in memory: a sync that costs nothing would make every write's figure worthless.
SyncTimes probe_disk(const std::string& directory);

}  // namespace viaduct::bench
