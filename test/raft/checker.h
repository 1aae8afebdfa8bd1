// The invariants of reliability 2.1, checked from outside after each step over all members of a run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "member.h"

namespace viaduct::raft::test {

class Checker {
 public:
  using Members = std::map<MemberId, Member>;

  void started(const Member& member);                       // R4 and R5 across a restart
  void stepped(const Member& member, const Members& all);   // R1 to R6, R8 to R11
  void sent(const Member& member, const Message& message);  // R5, R7
  void asked(const Member& member, ReadToken token);        // R12
  void answered(const Member& member, const ReadResult& read);

  uint64_t leaders_seen() const { return leaders_.size(); }
  uint64_t committed() const { return committed_.size(); }
  uint64_t reads_answered() const { return reads_answered_; }

 private:
  struct Seen {  // of a member, at the last step
    Term term;
    MemberId vote;
    Index commit;
  };
  struct Committed {
    Term term;   // of the entry
    Term under;  // the lowest term in which it is known to be committed
  };

  void check_new_leader(const Member& member);
  void check_commit(const Member& member, const Members& all, Index before);
  void check_log(const Member& member);

  std::map<MemberId, Seen> seen_;
  std::map<Term, MemberId> leaders_;
  std::map<Index, Committed> committed_;
  std::map<std::pair<Index, Term>, std::pair<Term, std::string>> entries_;  // to the term before and the data
  std::map<std::pair<MemberId, ReadToken>, Index> reads_;                   // to the newest commit when asked
  uint64_t reads_answered_ = 0;
};

}  // namespace viaduct::raft::test
