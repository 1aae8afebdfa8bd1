// Writes the file of a v3 snapshot (snapshot_format.h) from a copy of the store, a slice at a time.
// Memory:    a slice, some pages, and 16 bytes for each v2 TTL.
// Ownership: owns the copy until the last step, borrows the file, which must be empty.
// Threads:   one at a time. Errors: the disk's own; the file is of no use then.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bolt/writer.h"
#include "store/copy.h"

namespace viaduct::v3::snapshot {

class Builder {
 public:
  Builder(std::unique_ptr<store::Copy> copy, File& file);

  // Does a slice of the work; false when that was the last.
  Result<bool> step();
  uint64_t bytes() const { return bytes_; }  // of the file; once done

 private:
  // A bucket whose content has a checksum.
  struct Checked {
    bolt::Tree& tree;
    uint32_t crc = 0;
    Result<void> put(Bytes key, Bytes value);
  };

  Result<void> add(const store::Copy::Kept& kept);
  Result<void> add_key(const store::Record& record);
  Result<void> add_head();
  Result<void> add_leases();
  Result<void> add_lease(uint64_t id, uint64_t ttl_seconds);
  Result<void> add_meta();
  Result<void> add_auth();
  Result<void> add_tables();
  Result<void> finish();

  std::unique_ptr<store::Copy> copy_;
  bolt::Writer writer_;
  Checked keys_, leases_, meta_, own_;
  Revision last_main_;                                     // of the rows so far
  std::vector<std::pair<uint64_t, uint64_t>> own_leases_;  // id and ttl of live leases without a row
  uint64_t bytes_ = 0;
};

}  // namespace viaduct::v3::snapshot
