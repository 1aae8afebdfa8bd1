// Term and vote once more, in a file apart from the log: a member whose log is damaged may only go on under its id
// while it knows for whom it has voted (CC-12).
//
//   ballot := magic:u32 version:u32 cluster:u64 member:u64 term:u64 vote:u64 crc:u32    little-endian
//
// Promise:   never behind the log: a term and vote are durable here before the log is told of them. Written in place:
//            one sector changes whole or not at all (FM-2).
// Ownership: borrows the disk.
// Threads: one at a time. Errors: the disk's; after one the file must not be used again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/disk.h"
#include "base/entry.h"
#include "base/result.h"
#include "wal/types.h"

namespace viaduct::wal {

class Ballot {
 public:
  // For writing; made when missing.
  static Result<Ballot> open(Disk& disk, const std::string& path, const Identity& identity);

  Result<void> write(Term term, MemberId vote);  // durable when it returns

 private:
  Ballot(std::unique_ptr<File> file, const Identity& identity) : file_(std::move(file)), identity_(identity) {}

  std::unique_ptr<File> file_;
  Identity identity_;
};

// Its commit is 0. Nothing when the file is missing, damaged, or another member's. An error of the disk is none of
// these: a vote that cannot be read at the moment has been cast all the same.
Result<std::optional<HardState>> read_ballot(Disk& disk, const std::string& path, const Identity& identity);

// Whether `next` is a later term, or a vote where there was none.
bool is_newer(const HardState& next, const HardState& than);

}  // namespace viaduct::wal
