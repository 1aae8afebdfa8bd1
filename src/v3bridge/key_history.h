// What happened to the keys of a range from some point on, read in steps that are short enough for a reader thread to
// serve others in between. For watches that begin in the past or fell behind.
//
// Threads:   one at a time, and one that may block.
// Ownership: borrows the store; while the state at the compaction point is read, pins it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/key_range.h"
#include "store/store.h"
#include "v3bridge/key_change.h"

namespace viaduct::v3bridge {

class KeyHistory {
 public:
  struct Start {
    Seq seq;
    // The puts of this revision first, which is the compaction point, and `seq` the one behind it. They are state, no
    // longer events: only those that were still alive at its end are known, without what was before. 0: no.
    Revision puts_at;
  };

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

  KeyHistory(const store::Store& store, store::KeyRange range, Start start, bool with_previous)
      : store_(store), range_(std::move(range)), start_(start), with_previous_(with_previous) {}

  Reached step(Visitor& visitor);
  Start next() const { return start_; }  // where to go on after kPause or kEnd

 private:
  Reached step_state(Visitor& visitor);
  Reached step_log(Visitor& visitor);
  void show(const store::Event& event, Visitor& visitor);

  const store::Store& store_;
  const store::KeyRange range_;
  Start start_;
  const bool with_previous_;
  Revision revision_;  // of the newest event seen

  // While the state at the compaction point is read.
  std::unique_ptr<store::Store::Snapshot> snapshot_;
  std::string from_;
  std::vector<store::NodeView> puts_;
};

}  // namespace viaduct::v3bridge
