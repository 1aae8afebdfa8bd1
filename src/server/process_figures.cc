#include "server/process_figures.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

// jemalloc's, in programs that are linked with it.
extern "C" int mallctl(const char* name, void* old_value, size_t* old_size, void* new_value, size_t new_size)
    __attribute__((weak));

namespace viaduct::server {
namespace {

uint64_t jemalloc_figure(const char* name) {
  size_t value = 0;
  size_t size = sizeof value;
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

HeapFigures jemalloc_figures() {
  uint64_t epoch = 1;  // jemalloc shows figures of the time when this was last written
  mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch);
  const uint64_t used = jemalloc_figure("stats.allocated");
  return {used, jemalloc_figure("stats.active") - used, jemalloc_figure("stats.mapped")};
}

std::string read_proc(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

uint64_t boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string name, rest; file >> name; std::getline(file, rest)) {
    uint64_t seconds = 0;
    if (name == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

uint64_t soft_limit(int resource) {
  rlimit limit{};
  return getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0 ? limit.rlim_cur : 0;
}

uint64_t count_open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator all("/proc/self/fd", error);
  if (error) return 0;
  const auto count = std::distance(all, std::filesystem::directory_iterator());
  return static_cast<uint64_t>(count) - 1;  // one was open to count them
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const size_t name_end = text.rfind(')');  // the program's name may hold spaces and brackets of its own
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(text.substr(name_end + 1))};
  std::string skipped;
  const auto skip = [&](int count) {
    while (count-- > 0) fields >> skipped;
  };
  ProcessStat stat;
  uint64_t user_ticks = 0, system_ticks = 0;
  skip(11);  // fields 3 to 13
  fields >> user_ticks >> system_ticks;
  skip(4);
  fields >> stat.threads;
  skip(1);
  fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
  if (!fields) return std::nullopt;
  stat.cpu_ticks = user_ticks + system_ticks;
  return stat;
}

ProcessFigures process_figures() {
  ProcessFigures figures;
  if (const auto stat = parse_process_stat(read_proc("/proc/self/stat"))) {
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    figures.cpu_seconds = static_cast<double>(stat->cpu_ticks) / ticks_per_second;
    figures.start_seconds =
        static_cast<double>(boot_seconds()) + static_cast<double>(stat->start_ticks) / ticks_per_second;
    figures.threads = stat->threads;
    figures.virtual_bytes = stat->virtual_bytes;
    figures.resident_bytes = stat->resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  }
  figures.virtual_limit_bytes = soft_limit(RLIMIT_AS);
  figures.descriptor_limit = soft_limit(RLIMIT_NOFILE);
  figures.open_descriptors = count_open_descriptors();
  return figures;
}

std::vector<std::string> command_line() {
  std::vector<std::string> arguments;
  std::istringstream text(read_proc("/proc/self/cmdline"));
  for (std::string argument; std::getline(text, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

HeapFigures heap_figures() {
  if (mallctl) return jemalloc_figures();
  const struct mallinfo2 info = mallinfo2();
  return {info.uordblks + info.hblkhd, info.fordblks, info.arena + info.hblkhd};
}

}  // namespace viaduct::server
