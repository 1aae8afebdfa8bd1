// Files and directories as interfaces, so that tests and the simulator can take the disk away (FM-2 to FM-5).
// Durability: written bytes survive a power cut only after File::sync(); a name that was created, renamed or removed
//            only after sync_directory() of its directory.
// Errors:    kNoSpace for ENOSPC and EDQUOT, kNotFound, kAlreadyExists, kLocked, else kIo. A failed sync is final for
//            that file: the kernel may have dropped the pages (CC-4).
// Threads:   a Disk may be used from any thread; a File from one thread at a time, or for read_at() alone from several.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace viaduct {

class File {
 public:
  virtual ~File() = default;  // closes; does not sync
  // How many bytes were read: fewer only at the end of the file.
  virtual Result<size_t> read_at(uint64_t offset, std::span<char> into) = 0;
  virtual Result<void> write_at(uint64_t offset, Bytes data) = 0;  // all of `data`, extending the file if needed
  virtual Result<void> sync() = 0;                                 // fdatasync
  // Reserves blocks and sets the size, zero filled; never shrinks.
  virtual Result<void> allocate(uint64_t bytes) = 0;
  virtual Result<void> truncate(uint64_t bytes) = 0;
  virtual Result<uint64_t> size() = 0;
};

class FileLock {
 public:
  virtual ~FileLock() = default;  // releases
};

enum class OpenMode {
  kRead,    // must exist
  kWrite,   // must exist; read and write
  kCreate,  // must not exist; read and write, mode 0600
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  virtual Result<void> remove(const std::string& path) = 0;                         // a file, or an empty directory
  virtual Result<void> create_directory(const std::string& path) = 0;  // mode 0700; kAlreadyExists if there
  virtual Result<void> sync_directory(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;  // names, sorted, without . and ..
  virtual Result<bool> exists(const std::string& path) = 0;
  // Exclusive, between processes; makes the file. kLocked: another process has it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  virtual Result<uint64_t> free_bytes(const std::string& path) = 0;  // available to us on that filesystem
};

class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> create_directory(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<uint64_t> free_bytes(const std::string& path) override;
};

std::string join_path(const std::string& directory, const std::string& name);
std::string parent_directory(const std::string& path);

// Reads all of a file of at most `limit_bytes`; kTooLarge beyond.
Result<std::string> read_file(Disk& disk, const std::string& path, uint64_t limit_bytes);

// Writes `data` under a temporary name, syncs it, renames it to `path` and syncs the directory: after success the new
// content is there whole, after a crash before it the old one.
Result<void> write_file_atomically(Disk& disk, const std::string& path, Bytes data);

}  // namespace viaduct
