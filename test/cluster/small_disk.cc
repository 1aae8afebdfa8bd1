#include "test/cluster/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

namespace viaduct::cluster_test {
namespace {

constexpr char kFiller[] = "/filler";

}  // namespace

std::unique_ptr<SmallDisk> SmallDisk::mount(const std::string& directory, size_t megabytes) {
  std::filesystem::create_directories(directory);
  const std::string size = "size=" + std::to_string(megabytes) + "m";
  if (::mount("none", directory.c_str(), "tmpfs", 0, size.c_str()) != 0) return nullptr;
  return std::unique_ptr<SmallDisk>(new SmallDisk(directory));
}

SmallDisk::~SmallDisk() { ::umount2(directory_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  const int file = ::open((directory_ + kFiller).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  for (size_t piece = 1 << 20; piece > 0;) {  // ever smaller ones fit into what is left
    const std::vector<char> bytes(piece);
    if (::write(file, bytes.data(), bytes.size()) < static_cast<ssize_t>(bytes.size())) piece /= 2;
  }
  ::close(file);
}

void SmallDisk::clear() { ::unlink((directory_ + kFiller).c_str()); }

void keep_mounts_private() {
  if (::unshare(CLONE_NEWNS) == 0) ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
}

}  // namespace viaduct::cluster_test
