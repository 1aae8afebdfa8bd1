// Where the entries are: the place of a frame now and then, from which a reader walks on. Costs memory by the bytes
// logged (24 for each 64 KiB), not by the entries.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"

namespace viaduct::wal {

struct Place {
  Index first;  // of the frame's entries
  uint64_t sequence = 0;
  uint64_t offset = 0;
};

// The frames of one segment that hold entries from `first` on.
struct Stretch {
  Place from;
  std::optional<Place> next;  // entries from next->first on are there instead; frames of this segment end there
};

class EntryMap {
 public:
  // A frame with entries was added; `last_before` was the last entry until then. Entries at or above its first one
  // that came before are replaced.
  void add(const Place& frame, Index last_before);

  std::optional<Index> first() const;  // nothing when empty
  Stretch find(Index index) const;     // `index` is at or above first()
  void clear() { places_.clear(); }
  void forget_segments_before(uint64_t sequence);

 private:
  std::vector<Place> places_;  // rising in every member
};

}  // namespace viaduct::wal
