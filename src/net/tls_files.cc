#include "net/tls_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/descriptor.h"

namespace viaduct::net {
namespace {

constexpr off_t kMostBytes = 16 << 20;  // a revocation list of an authority with a long memory

Error failure(const char* call, const std::string& path, int error) {
  std::string reason = std::strerror(error);
  reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return {Code::kIo, std::string(call) + " " + path + ": " + reason};
}

int64_t to_ns(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

}  // namespace

Result<std::string> read_tls_file(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe must not hold us
  if (!file) return failure("open", path, errno);
  struct stat status;
  if (fstat(file.number(), &status) != 0) return failure("stat", path, errno);
  if (S_ISDIR(status.st_mode)) return failure("read", path, EISDIR);
  if (!S_ISREG(status.st_mode)) return Error{Code::kIo, "read " + path + ": not a regular file"};
  if (status.st_size > kMostBytes) return failure("read", path, EFBIG);
  std::string content(static_cast<size_t>(status.st_size), '\0');
  size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = read(file.number(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", path, errno);
    if (got == 0) break;  // it has become shorter
    filled += static_cast<size_t>(got);
  }
  content.resize(filled);
  return content;
}

WatchedFiles::WatchedFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {
  std::erase(paths_, std::string());
}

WatchedFiles::Stamp WatchedFiles::stamp_of(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, to_ns(status.st_mtim), to_ns(status.st_ctim)};
}

bool WatchedFiles::changed() {
  std::vector<Stamp> now;
  now.reserve(paths_.size());
  for (const std::string& path : paths_) now.push_back(stamp_of(path));
  if (asked_ && now == stamps_) return false;
  asked_ = true;
  stamps_ = std::move(now);
  return true;
}

}  // namespace viaduct::net
