// The directory that holds everything a member keeps:
//
//   <data-dir>/lock                      held while the server runs
//   <data-dir>/identity.a, identity.b    identity_file.h
//   <data-dir>/wal/                      the write-ahead log, unless --wal-dir is given
//   <data-dir>/state/                    the store's LevelDB
//   <data-dir>/ballast                   16 MiB to give back when the disk is full (CC-13)
//
// Promise:   a directory with files of etcd in it is refused before anything is written to it (D11).
// Ownership: borrows the disk; holds the lock for life.
// Errors:    kInvalidArgument for a directory that is not for us, naming what was found; kLocked; kCorrupt; the disk's
// own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "server/identity.h"

namespace viaduct::server {

inline constexpr uint64_t kBallastBytes = 16 << 20;

class DataDirectory {
 public:
  // Makes the directory (and its parents) when it is not there, takes the lock and removes what an interrupted write
  // left behind. `wal_dir` may be empty: then it is below `path`.
  static Result<DataDirectory> open(Disk& disk, const std::string& path, const std::string& wal_dir);

  // Who this member is; nothing while the directory is new.
  const std::optional<Identity>& identity() const { return identity_; }
  Result<void> set_identity(const Identity& identity);  // of a new one; durable when it returns

  const std::string& path() const { return path_; }
  const std::string& wal_path() const { return wal_path_; }  // made by the log itself
  std::string state_path() const;                            // made by the store itself

  // The ballast is made when there is room for it and given back when there is none. Both may be repeated.
  Result<void> create_ballast();
  Result<void> release_ballast();

 private:
  DataDirectory(Disk& disk, std::string path, std::string wal_path);
  Result<void> remove_leftovers();
  std::string below(std::string_view name) const;

  Disk* disk_;  // never null
  std::string path_;
  std::string wal_path_;
  std::unique_ptr<FileLock> lock_;
  std::optional<Identity> identity_;
};

}  // namespace viaduct::server
