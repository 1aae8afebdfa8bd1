// What the caller has been told to write, and how much of it is on the disk. Writes become durable in the order they
// were handed out. An entry that was replaced while its write was under way must not be taken for the one that replaced
// it when that write ends (RF-6, RB-42): replacing lowers what every earlier write stands for.
#pragma once

#include <cstdint>
#include <deque>

#include "base/ids.h"
#include "raft/ready.h"

namespace viaduct::raft {

struct TermAndVote {
  Term term;
  MemberId vote;

  bool operator==(const TermAndVote&) const = default;
};

class Durability {
 public:
  Durability(Index last, TermAndVote hard);  // all of a restarted member's log is durable

  // The next Ready writes the entries after handed_out() up to `last`, and `hard` if it differs from the one before.
  WriteSequence hand_out(Index last, TermAndVote hard);
  void replaced_from(Index index);  // entries from here on are others now, or gone
  void installed(Index snapshot);   // all up to here came by a snapshot, durable
  void persisted(WriteSequence sequence);

  Index index() const { return durable_; }
  Index handed_out() const { return handed_out_; }
  TermAndVote hard_handed_out() const { return hard_handed_out_; }
  TermAndVote hard() const { return hard_; }

 private:
  struct Write {
    WriteSequence sequence;
    Index last;
    TermAndVote hard;
  };

  Index durable_;
  Index handed_out_;
  TermAndVote hard_;
  TermAndVote hard_handed_out_;
  WriteSequence sequence_;
  std::deque<Write> writes_;  // under way
};

}  // namespace viaduct::raft
