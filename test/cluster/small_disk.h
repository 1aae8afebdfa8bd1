// A small file system of one's own, in memory, that can be filled to the last byte. Needs the right to mount.
// Ownership: owns the mount; the directory is there before and after. Threads: one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace viaduct::cluster_test {

class SmallDisk {
 public:
  // Null when this process may not mount.
  static std::unique_ptr<SmallDisk> mount(const std::string& directory, size_t megabytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void fill();   // nothing more can be written
  void clear();  // all that fill() took is free again

 private:
  explicit SmallDisk(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
};

// Mounts made from here on vanish with this process, however it ends. Without the right to, nothing happens.
void keep_mounts_private();

}  // namespace viaduct::cluster_test
