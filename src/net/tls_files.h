// The small files that TLS is set up from: read whole, and again when they have changed.
// Errors: of read_tls_file(): kIo, as Go words it ("open /x: no such file or directory").
// Blocks for as long as the file system takes to say what a small file is; these files are few and hot.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace viaduct::net {

Result<std::string> read_tls_file(const std::string& path);

class WatchedFiles {
 public:
  explicit WatchedFiles(std::vector<std::string> paths);  // empty ones do not count

  bool changed();  // since the last call; true the first time

 private:
  // Differs once a file was written, or another took its name.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;  // 0: there is no such file
    off_t bytes = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;

    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::string& path);

  std::vector<std::string> paths_;
  std::vector<Stamp> stamps_;  // as last seen; none before the first call
  bool asked_ = false;
};

}  // namespace viaduct::net
