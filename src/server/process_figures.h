// What the kernel and the allocator say of this process.
// Threads: any; reads /proc, so not on a loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::server {

// The fields of /proc/self/stat (proc(5)) that are shown.
struct ProcessStat {
  uint64_t cpu_ticks = 0;  // user and system
  uint64_t threads = 0;
  uint64_t start_ticks = 0;  // since boot
  uint64_t virtual_bytes = 0;
  uint64_t resident_pages = 0;
};
std::optional<ProcessStat> parse_process_stat(std::string_view text);

struct ProcessFigures {
  double cpu_seconds = 0;
  double start_seconds = 0;  // Unix time
  uint64_t threads = 0;
  uint64_t virtual_bytes = 0, virtual_limit_bytes = 0;
  uint64_t resident_bytes = 0;
  uint64_t open_descriptors = 0, descriptor_limit = 0;
};
ProcessFigures process_figures();  // what cannot be read stays 0

std::vector<std::string> command_line();

// Of the C library's allocator, all arenas.
struct HeapFigures {
  uint64_t used_bytes, free_bytes, from_system_bytes;
};
HeapFigures heap_figures();

}  // namespace viaduct::server
