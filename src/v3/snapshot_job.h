// One file of Maintenance.Snapshot, from its making to its last byte.
// Promise:   the file has no name from its first moment on, so that it goes with this or with the process.
// Ownership: borrows the desk and what the desk borrows.
// Threads:   one at a time, one that may block.
// Errors:    kTooManyRequests, kNoSpace with the numbers, or the disk's own; the job is of no use then.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/disk.h"
#include "base/sha256.h"
#include "store/store.h"
#include "v3/snapshot_builder.h"

namespace viaduct::v3::snapshot {

// Where files are made, and how many there are. Threads: any.
class Desk {
 public:
  Desk(Disk& disk, std::string directory, uint64_t reserve_bytes, size_t at_once)
      : disk_(disk), directory_(std::move(directory)), reserve_bytes_(reserve_bytes), at_once_(at_once) {}

  // kNoSpace if fewer than `bytes` are free beyond the reserve.
  Result<void> check_room(uint64_t bytes) const;

 private:
  friend class Job;
  Result<std::unique_ptr<File>> open_nameless();
  bool take_place();

  Disk& disk_;
  const std::string directory_;
  const uint64_t reserve_bytes_;
  const size_t at_once_;
  std::mutex naming_;
  std::atomic<size_t> taken_{0};
};

class Job {
 public:
  Job(Desk& desk, const store::Store& store) : desk_(desk), store_(store) {}
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  Result<bool> build_step();                         // false: done
  Result<std::string> read_block();                  // the next bytes of the file; empty at its end
  std::string digest() { return digest_.finish(); }  // of all blocks, once
  uint64_t bytes() const { return builder_->bytes(); }

 private:
  Result<void> begin();

  Desk& desk_;
  const store::Store& store_;
  bool has_place_ = false;
  std::unique_ptr<File> file_;
  std::unique_ptr<Builder> builder_;
  uint64_t read_bytes_ = 0;
  Sha256 digest_;
};

}  // namespace viaduct::v3::snapshot
