#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/disk.h"

namespace viaduct {
namespace {

constexpr mode_t kFileMode = 0600;  // IH-2
constexpr mode_t kDirectoryMode = 0700;

Code code_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return Code::kNoSpace;
    case ENOENT:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case EWOULDBLOCK:
      return Code::kLocked;  // only flock() says so here: all our descriptors block
    default:
      return Code::kIo;
  }
}

Error failure(const char* call, const std::string& path, int error = errno) {
  return Error{code_of(error), std::string(call) + " " + path + ": " + std::generic_category().message(error)};
}

// Repeats a system call that a signal interrupted.
template <typename Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);  // never repeated: Linux frees the number even when close() reports EINTR
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

Descriptor open_descriptor(const std::string& path, int flags) {
  return Descriptor(retry([&] { return ::openat(AT_FDCWD, path.c_str(), flags | O_CLOEXEC, kFileMode); }));
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<size_t> read_at(uint64_t offset, std::span<char> into) override {
    size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = retry(
          [&] { return ::pread(fd(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done)); });
      if (got < 0) return failure("pread", path_);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  Result<void> write_at(uint64_t offset, Bytes data) override {
    while (!data.empty()) {
      const ssize_t put = retry([&] { return ::pwrite(fd(), data.data(), data.size(), static_cast<off_t>(offset)); });
      if (put < 0) return failure("pwrite", path_);
      if (put == 0) return failure("pwrite", path_, EIO);
      data.remove_prefix(static_cast<size_t>(put));
      offset += static_cast<uint64_t>(put);
    }
    return {};
  }

  // Never repeated, not even for EINTR: after any failure the pages may be marked clean without being written.
  Result<void> sync() override {
    if (::fdatasync(fd()) != 0) return failure("fdatasync", path_);
    return {};
  }

  Result<void> allocate(uint64_t bytes) override {
    VIADUCT_TRY_ASSIGN(present, size());
    if (bytes <= present) return {};
    if (retry([&] { return ::fallocate(fd(), 0, 0, static_cast<off_t>(bytes)); }) == 0) return {};
    if (errno != EOPNOTSUPP && errno != ENOSYS) return failure("fallocate", path_);
    return write_zeros(present, bytes);
  }

  Result<void> truncate(uint64_t bytes) override {
    if (retry([&] { return ::ftruncate(fd(), static_cast<off_t>(bytes)); }) != 0) return failure("ftruncate", path_);
    return {};
  }

  Result<uint64_t> size() override {
    struct stat status;
    if (::fstat(fd(), &status) != 0) return failure("fstat", path_);
    return static_cast<uint64_t>(status.st_size);
  }

 private:
  int fd() const { return descriptor_.get(); }

  Result<void> write_zeros(uint64_t from, uint64_t to) {
    const std::string zeros(std::min<uint64_t>(to - from, 1 << 20), '\0');
    while (from < to) {
      const Bytes piece = Bytes(zeros).substr(0, to - from);
      VIADUCT_TRY(write_at(from, piece));
      from += piece.size();
    }
    return {};
  }

  Descriptor descriptor_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;  // closing it releases the lock
};

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  __builtin_unreachable();
}

}  // namespace

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path, OpenMode mode) {
  Descriptor descriptor = open_descriptor(path, open_flags(mode));
  if (!descriptor) return failure("open", path);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(descriptor), path));
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failure("rename", from + " to " + to);
  return {};
}

Result<void> PosixDisk::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  if (errno != EISDIR) return failure("unlink", path);
  if (::rmdir(path.c_str()) != 0) return failure("rmdir", path);
  return {};
}

Result<void> PosixDisk::create_directory(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) != 0) return failure("mkdir", path);
  return {};
}

Result<void> PosixDisk::sync_directory(const std::string& path) {
  const Descriptor directory = open_descriptor(path, O_RDONLY | O_DIRECTORY);
  if (!directory) return failure("open", path);
  if (::fsync(directory.get()) != 0) return failure("fsync", path);
  return {};
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) return failure("opendir", path);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  if (errno != 0) return failure("readdir", path);
  std::sort(names.begin(), names.end());
  return names;
}

Result<bool> PosixDisk::exists(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failure("stat", path);
}

Result<std::unique_ptr<FileLock>> PosixDisk::lock(const std::string& path) {
  Descriptor descriptor = open_descriptor(path, O_RDWR | O_CREAT);
  if (!descriptor) return failure("open", path);
  if (retry([&] { return ::flock(descriptor.get(), LOCK_EX | LOCK_NB); }) != 0) return failure("flock", path);
  return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(descriptor)));
}

Result<uint64_t> PosixDisk::free_bytes(const std::string& path) {
  struct statvfs status;
  if (retry([&] { return ::statvfs(path.c_str(), &status); }) != 0) return failure("statvfs", path);
  return uint64_t{status.f_bavail} * status.f_frsize;
}

}  // namespace viaduct
