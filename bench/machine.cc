#include "bench/machine.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <fstream>

#include "bench/connection.h"
#include "bench/failure.h"
#include "bench/histogram.h"

namespace viaduct::bench {

std::string describe_cpu() {
  std::ifstream in("/proc/cpuinfo");
  std::string model = "cores";
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
  }
  return std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " × " + model;
}

std::string describe_kernel() {
  utsname names{};
  ::uname(&names);
  return std::string(names.sysname) + " " + names.release;
}

SyncTimes probe_disk(const std::string& directory) {
  constexpr size_t kBlock = 4096;
  constexpr size_t kBlocks = 500;
  struct statfs filesystem {};
  ::statfs(directory.c_str(), &filesystem);
  if (filesystem.f_type == TMPFS_MAGIC) throw Failure("the data directory is in memory: " + directory);
  const std::string name = directory + "/probe";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) fail_with_errno(name);
  const std::string blocks(kBlock * kBlocks, 'x');
  if (::pwrite(file, blocks.data(), blocks.size(), 0) != static_cast<ssize_t>(blocks.size()) || ::fsync(file) != 0) {
    fail_with_errno(name);
  }
  Histogram times;
  for (size_t i = 0; i < kBlocks; ++i) {
    const auto begin = Clock::now();
    if (::pwrite(file, blocks.data(), kBlock, static_cast<off_t>(i * kBlock)) != kBlock || ::fdatasync(file) != 0) {
      fail_with_errno(name);
    }
    times.add(Clock::now() - begin);
  }
  ::close(file);
  ::unlink(name.c_str());
  return {times.quantile(0.5), times.quantile(0.99)};
}

}  // namespace viaduct::bench
