// Reads entries back from the frames of one segment, verifying them anew.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "base/entry.h"
#include "base/result.h"
#include "wal/entry_map.h"
#include "wal/frame.h"
#include "wal/recovery.h"

namespace viaduct::wal {

// Gathers entries from `next` on until `to`, or until `max_bytes` of data but at least one.
class EntryReader {
 public:
  EntryReader(Disk& disk, const std::string& directory, Index next, Index to, uint64_t max_bytes);

  bool is_done() const { return is_full_ || next_ == to_; }
  Index next() const { return next_; }

  // Takes what is wanted of the stretch, in `segment`, that holds next().
  Result<void> read(const Segment& segment, const Stretch& stretch);

  std::vector<Entry> take() { return std::move(entries_); }

 private:
  Result<std::string> load(const std::string& path, uint64_t from, uint64_t to) const;
  bool take_frame(Bytes frame, const FrameHeader& header, Index end);
  void take_entry(const Record& record);

  Disk& disk_;
  const std::string& directory_;
  Index next_;
  const Index to_;
  uint64_t bytes_left_;
  bool is_full_ = false;
  std::vector<Entry> entries_;
  Records records_;
};

}  // namespace viaduct::wal
