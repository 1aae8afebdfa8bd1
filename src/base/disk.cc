#include "base/disk.h"

namespace viaduct {

std::string join_path(const std::string& directory, const std::string& name) {
  if (directory.empty() || directory.back() == '/') return directory + name;
  return directory + "/" + name;
}

std::string parent_directory(const std::string& path) {
  const size_t last = path.find_last_not_of('/');
  if (last == std::string::npos) return path.empty() ? "." : "/";
  const size_t slash = path.rfind('/', last);
  if (slash == std::string::npos) return ".";
  const size_t end = path.find_last_not_of('/', slash);
  return end == std::string::npos ? "/" : path.substr(0, end + 1);
}

Result<std::string> read_file(Disk& disk, const std::string& path, uint64_t limit_bytes) {
  VIADUCT_TRY_ASSIGN(file, disk.open(path, OpenMode::kRead));
  VIADUCT_TRY_ASSIGN(bytes, file->size());
  if (bytes > limit_bytes) {
    return Error{Code::kTooLarge,
                 path + ": " + std::to_string(bytes) + " bytes, at most " + std::to_string(limit_bytes) + " are read"};
  }
  std::string content(bytes, '\0');
  VIADUCT_TRY_ASSIGN(got, file->read_at(0, content));
  content.resize(got);
  return content;
}

Result<void> write_file_atomically(Disk& disk, const std::string& path, Bytes data) {
  const std::string temporary = path + ".tmp";
  VIADUCT_TRY_ASSIGN(left_over, disk.exists(temporary));
  if (left_over) VIADUCT_TRY(disk.remove(temporary));
  {
    VIADUCT_TRY_ASSIGN(file, disk.open(temporary, OpenMode::kCreate));
    VIADUCT_TRY(file->write_at(0, data));
    VIADUCT_TRY(file->sync());
  }
  VIADUCT_TRY(disk.rename(temporary, path));
  return disk.sync_directory(parent_directory(path));
}

}  // namespace viaduct
