// What the frames read or written so far add up to, and the rules by which a record may follow (CC-1, INV-R5, INV-R6).
// Knows no file. The rules hold for what is appended, where a breach is a fault of ours, as for what is read back,
// where it is loss.
#pragma once

#include <optional>
#include <vector>

#include "base/entry.h"
#include "wal/format.h"

namespace viaduct::wal {

using Refusal = const char*;  // why a record may not follow; null when it was taken

class LogState {
 public:
  LogState() = default;                            // before the first segment
  explicit LogState(const SegmentHeader& header);  // before a segment

  Refusal add_entry(Index index, Term term);
  Refusal add_hard_state(const HardState& next);
  Refusal add_mark(const Mark& next);  // raises the commit to the mark; restarts the log there when replaced_by() it
  Refusal end_frame() const;           // what holds between frames only
  bool replaced_by(const Mark& next) const;

  Index last() const { return last_; }
  std::optional<Term> term(Index index) const;  // nothing beyond last(), or where it is no longer known
  const HardState& hard_state() const { return hard_state_; }
  const Mark& mark() const { return mark_; }
  Mark end() const;                 // last() and its term
  void forget_before(Index index);  // terms below it

 private:
  struct Run {  // entries from `from` on to the next run have `term`
    Index from;
    Term term;
  };

  HardState hard_state_;
  Mark mark_;
  Index last_;
  std::vector<Run> runs_ = {{Index(0), Term(0)}};  // rising; never empty
};

}  // namespace viaduct::wal
