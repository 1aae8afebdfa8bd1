// The next segment, made ahead: its blocks reserved and written with zeros, so that an append needs no space (CC-13)
// and its sync changes no metadata. Writing the zeros pays: a 4 KiB append and fdatasync took 0.12 ms in a zero-written
// file and 0.2 ms in one only reserved, on ext4.
// Threads: any; install() waits for a prepare() that runs.
// Errors:  kNoSpace leaves nothing behind, and a later try may succeed; any other error is final (CC-4): every later
//          call gives it again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/disk.h"

namespace viaduct::wal {

class Spare {
 public:
  Spare(Disk& disk, std::string directory, uint64_t bytes);

  // Has it made unless it is there. One that an earlier run left is filled anew: what is read from it as zeros need not
  // be on the medium, and it may hold the beginning of a segment.
  Result<void> prepare();
  bool is_wanted() const { return state_ == State::kMissing; }  // neither there nor being made
  bool is_ready() const { return state_ == State::kReady; }

  Result<void> failure() const;  // the final error, if there was one

  // Turns it into the file `path`, beginning with `content`, synced and under that name for good (CC-2); makes it first
  // if need be. kNoSpace only when that failed.
  Result<std::unique_ptr<File>> install(Bytes content, const std::string& path);
  uint64_t bytes() const { return bytes_; }

 private:
  enum class State { kMissing, kMaking, kReady, kFailed };

  Result<void> make_ready();  // all below: the caller holds mutex_
  Result<void> make();
  Result<std::unique_ptr<File>> reserve();
  Result<std::unique_ptr<File>> open_or_create();
  Result<void> fill(File& file);
  Result<std::unique_ptr<File>> fill_and_rename(Bytes content, const std::string& path);
  Result<void> give_up(Error error);
  Error fail(Error error);

  Disk& disk_;
  const std::string directory_;
  const std::string path_;
  const uint64_t bytes_;
  mutable std::mutex mutex_;
  std::atomic<State> state_ = State::kMissing;
  std::optional<Error> failed_;
};

}  // namespace viaduct::wal
