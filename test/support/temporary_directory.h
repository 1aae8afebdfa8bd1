// A real directory of a test's own, below TMPDIR or /tmp, removed with all that is in it at the end of the scope.
#pragma once

#include <cassert>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace viaduct {

class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_((std::filesystem::temp_directory_path() / "viaduct-XXXXXX").string()) {
    const bool made = mkdtemp(path_.data()) != nullptr;
    assert(made);
    static_cast<void>(made);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace viaduct
