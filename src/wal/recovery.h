// Reads a log back: verifies the chain of frames through all segments and adds up what they say. Writes nothing.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "wal/entry_map.h"
#include "wal/frame.h"
#include "wal/log_state.h"
#include "wal/types.h"

namespace viaduct::wal {

inline constexpr uint64_t kMaxSegmentBytes = uint64_t{1} << 30;

struct Segment {
  uint64_t sequence = 0;
  uint64_t salt = 0;
  uint64_t end = kFirstFrameOffset;  // of its last frame
  Index last_before;                 // the last entry when it was begun: no older segment is needed for a later one
};

struct Recovered {
  LogState state;
  EntryMap entries;
  std::deque<Segment> segments;  // oldest first, at least one
  Chain chain;
  std::string newest;         // the newest segment up to the end of its last frame
  uint64_t newest_bytes = 0;  // of its file
  std::optional<TailCut> tail_cut;
  std::vector<uint64_t> stale;  // older segments, no part of the log: their removal did not last
};

std::string segment_path(const std::string& directory, uint64_t sequence);

// Of the segments in `directory`, rising; files of other names are left out.
Result<std::vector<uint64_t>> list_segments(Disk& disk, const std::string& directory);

// `sequences` are list_segments() and not empty. kCorrupt is loss (CC-6), kInvalidArgument another's log. Before a gap
// there is nothing of the log if its mark covers all up to the segment after the gap: a cut left the older ones, or its
// sync failed and a power cut brought them back (FM-4).
Result<Recovered> recover(Disk& disk, const std::string& directory, const std::vector<uint64_t>& sequences,
                          const Identity& identity);

}  // namespace viaduct::wal
