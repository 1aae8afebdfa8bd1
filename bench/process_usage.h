// What the kernel knows about a running process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace viaduct::bench {

std::chrono::nanoseconds cpu_time(pid_t pid);  // user and system, of all its threads, in steps of a clock tick (10 ms)
std::chrono::nanoseconds cpu_time(std::span<const pid_t> pids);
std::chrono::nanoseconds own_cpu_time();  // of this process and those it has waited for
uint64_t resident_bytes(pid_t pid);       // exact, from smaps_rollup: VmRSS lags behind by pages per core
size_t thread_count(pid_t pid);

// Returns when the processes have used next to no CPU for a moment and the file system has written its data out, so
// that one measurement does not pay for the one before. Gives up waiting after a few seconds.
void settle(std::span<const pid_t> pids);
inline void settle(pid_t pid) { settle(std::span<const pid_t>(&pid, 1)); }

}  // namespace viaduct::bench
