#include "bench/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "bench/failure.h"

namespace viaduct::bench {
namespace {

using namespace std::chrono_literals;

std::string proc_name(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

// The number behind `label` in a file of "label: number" lines.
uint64_t labelled(pid_t pid, const char* file, const std::string& label) {
  std::ifstream in(proc_name(pid, file));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(label)) return std::stoull(line.substr(label.size()));
  }
  throw Failure(proc_name(pid, file) + " has no " + label);
}

}  // namespace

std::chrono::nanoseconds cpu_time(pid_t pid) {
  std::ifstream in(proc_name(pid, "stat"));
  std::string text;
  std::getline(in, text);
  const size_t name_end = text.rfind(')');  // the name may hold anything, blanks too
  if (name_end == std::string::npos) throw Failure("process " + std::to_string(pid) + " is gone");
  std::istringstream fields(text.substr(name_end + 1));
  constexpr int kFieldsBefore = 11;  // state .. cmajflt, proc(5) fields 3 to 13
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> skipped;
  int64_t user = 0, system = 0;
  fields >> user >> system;
  return std::chrono::nanoseconds(1s) / ::sysconf(_SC_CLK_TCK) * (user + system);
}

std::chrono::nanoseconds cpu_time(std::span<const pid_t> pids) {
  std::chrono::nanoseconds sum{0};
  for (const pid_t pid : pids) sum += cpu_time(pid);
  return sum;
}

std::chrono::nanoseconds own_cpu_time() {
  const auto of = [](int who) {
    rusage usage{};
    ::getrusage(who, &usage);
    const auto time = [](const timeval& t) {
      return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return time(usage.ru_utime) + time(usage.ru_stime);
  };
  return of(RUSAGE_SELF) + of(RUSAGE_CHILDREN);
}

uint64_t resident_bytes(pid_t pid) { return labelled(pid, "smaps_rollup", "Rss:") * 1024; }

size_t thread_count(pid_t pid) { return labelled(pid, "status", "Threads:"); }

void settle(std::span<const pid_t> pids) {
  constexpr auto kInterval = 100ms;
  const auto idle = pids.size() * 10ms;  // of CPU in an interval: one tick each
  constexpr int kPatience = 50;
  ::sync();
  auto before = cpu_time(pids);
  for (int i = 0; i < kPatience; ++i) {
    std::this_thread::sleep_for(kInterval);
    const auto now = cpu_time(pids);
    if (now - before <= idle) return;
    before = now;
  }
}

}  // namespace viaduct::bench
