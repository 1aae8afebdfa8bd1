// What the parts of the log and its callers share.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"

namespace viaduct::wal {

struct Identity {
  ClusterId cluster;
  MemberId member;

  bool operator==(const Identity&) const = default;
};

struct Options {
  Identity identity;
  std::string ballot_path;                        // ballot.h; empty: there is none
  uint64_t segment_bytes = uint64_t{64} << 20;    // 4 KiB to 1 GiB
  uint64_t max_frame_bytes = uint64_t{16} << 20;  // a larger append becomes several frames; bounds max_entry_bytes()
};

// A place in the log. As "the mark": the store is durable up to it (D9), so that the log up to it may be cut.
struct Mark {
  Index index;
  Term term;

  bool operator==(const Mark&) const = default;
};

// What open() took for an unfinished write (CC-6) and left behind; worth a line in the log and a count.
struct TailCut {
  std::string file;
  uint64_t offset = 0;
  uint64_t bytes = 0;  // up to the last byte that was not zero
};

}  // namespace viaduct::wal
