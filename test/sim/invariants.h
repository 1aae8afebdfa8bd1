// What must hold over all members at every moment (reliability.md 2.1 and 2.2), watched from where it shows: what
// leaders say, and what each member has applied. Remembers across restarts.
// Threads: any of the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/ids.h"
#include "peer/frame.h"
#include "store/store.h"
#include "test/cluster/violations.h"

namespace viaduct::sim {

class Invariants {
 public:
  explicit Invariants(cluster_test::Violations& violations) : violations_(violations) {}

  void said(MemberId from, const peer::Frame& frame);               // R1, R2, R3, R5, E6
  void applied(MemberId member, const store::AppliedState& state);  // R4, A2, A5, A6
  void began(MemberId member) { applied_.erase(member); }           // with what its disk has

  // Of all that it has, leases and alarms included (A2); for some of the indexes that it has applied, since it is slow.
  static bool wants_hash(Index applied) { return applied.value % 256 == 0; }
  void hashed(MemberId member, Index applied, uint64_t hash);

  Index applied_by(MemberId member) const;  // since it began
  void forget_votes(MemberId member);       // it was made to

  uint64_t leaders_seen() const { return leaders_.size(); }
  uint64_t states_compared() const { return states_compared_; }
  uint64_t hashes_compared() const { return hashes_compared_; }

 private:
  struct Seen {  // of an entry
    Term previous;
    uint64_t checksum = 0;
  };
  struct Applied {
    Term term;
    uint64_t chain = 0;
    Term newest_leader;  // when it was first seen: of this term, or of one before, was the leader that committed it
  };

  void leads(Term term, MemberId member);
  void votes(MemberId member, Term term, MemberId candidate);
  void check_entries(Term leads_in, const raft::AppendRequest& append, const std::string& who);

  cluster_test::Violations& violations_;
  std::map<Term, MemberId> leaders_;
  std::map<std::pair<Index, Term>, Seen> entries_;
  std::map<Index, Applied> states_;  // of all members, at the ends of what was applied at once
  std::map<Index, uint64_t> hashes_;
  std::map<MemberId, Index> applied_;
  std::map<std::pair<MemberId, Term>, MemberId> votes_;  // to whom
  uint64_t states_compared_ = 0, hashes_compared_ = 0;
};

}  // namespace viaduct::sim
