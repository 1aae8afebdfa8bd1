// Which seqs belong to which revision, for the compacted revision and all above.
//
// A revision has at least one event and most have just one, so that seq and revision mostly rise side by side: kept are
// only the places where their distance changes. 16 bytes for each revision of several events, none for the others.
// Threads: as the store's index: changed under the write lock, read under the read lock.
#pragma once

#include <cstdint>
#include <deque>

#include "base/ids.h"

namespace viaduct::store {

class RevisionIndex {
 public:
  // Begins anew: `last` is the last seq of `revision`, the oldest that will be asked for.
  void start(Revision revision, Seq last);
  // `last` is the last seq so far of `revision`: the newest so far or the one after it. False if it is neither.
  bool extend(Revision revision, Seq last);
  void forget_before(Revision revision);

  Revision newest() const { return newest_; }
  Seq last_seq(Revision revision) const;   // from the oldest to the newest
  Seq first_seq(Revision revision) const;  // the same, and the one after; the oldest counts as without events

 private:
  struct Run {
    Revision first;
    uint64_t distance;  // of a revision's last seq from its number, up to the next run
  };

  std::deque<Run> runs_;
  Revision newest_;
};

}  // namespace viaduct::store
