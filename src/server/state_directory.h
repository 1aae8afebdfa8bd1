// Which directory holds the state. At first it is `base` itself, "<data-dir>/state". A state that came from another
// member is built beside it, in base.<n>, and becomes the current one when a small file, base.current, names it (CC-9).
//
//   pointer := magic[8] "VIADSTAT" format:u32 number:u64 crc:u32      little-endian; crc is CRC-32C of all before it
//
// Promise:   after a crash at any time the pointer names a complete state: the old one until switch_to_next() began,
//            the new one once it has succeeded.
// Ownership: borrows the disk.
// Threads:   path() from any; the rest on one at a time.
// Errors:    kCorrupt for a pointer that cannot be read; the disk's.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/disk.h"
#include "base/result.h"

namespace viaduct::server {

class StateDirectory {
 public:
  // Removes all that lies beside the current state and is not named by the pointer.
  static Result<std::unique_ptr<StateDirectory>> open(Disk& disk, std::string base);

  std::string path() const;  // of the current state

  // Where the next state is to be built: nothing is there. What an earlier attempt left is removed.
  Result<std::string> make_room();
  // What was built there, complete and durable, is the current state. An error leaves the old one current; where that
  // is not known for certain, it ends the process (CC-4).
  Result<void> switch_to_next();

 private:
  StateDirectory(Disk& disk, std::string base, uint64_t number);
  std::string path_of(uint64_t number) const;
  std::string pointer_path() const;
  Result<void> remove_leftovers();

  Disk& disk_;
  const std::string base_;
  mutable std::mutex mutex_;
  uint64_t number_;  // of the current state; 0 is `base` itself
};

// With all files in it; nothing happens if it is not there.
Result<void> remove_state(Disk& disk, const std::string& path);

}  // namespace viaduct::server
