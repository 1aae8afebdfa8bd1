// What happened to the keys of a range from some point on, read in steps that are short enough for a reader thread to
// serve others in between. For watches that begin in the past or fell behind.
//
// Threads:   one at a time, and one that may block.
// Ownership: borrows the store.
#pragma once

#include <utility>

#include "store/key_range.h"
#include "store/store.h"
#include "v3bridge/key_change.h"

namespace viaduct::v3bridge {

class KeyHistory {
 public:
  class Visitor {
   public:
    virtual ~Visitor() = default;
    virtual bool wants_more() = 0;  // asked between revisions
    virtual void take(const KeyChange& change) = 0;
  };

  enum class Reached {
    kMore,       // go on
    kPause,      // the visitor wants no more
    kEnd,        // nothing is left now; all of the last revision was seen
    kCompacted,  // compaction took what comes next
  };

  KeyHistory(const store::Store& store, store::KeyRange range, Seq start, bool with_previous)
      : store_(store), range_(std::move(range)), next_(start), with_previous_(with_previous) {}

  Reached step(Visitor& visitor);
  Seq next() const { return next_; }  // where to go on after kPause or kEnd

 private:
  void show(const store::Event& event, Visitor& visitor);

  const store::Store& store_;
  const store::KeyRange range_;
  Seq next_;
  Seq compacted_;  // what an event up to there replaced is gone, even where it can still be found
  const bool with_previous_;
  Revision revision_;  // of the newest event seen
};

}  // namespace viaduct::v3bridge
