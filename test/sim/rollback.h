// Operators who bring back an old backup of a member's data, or start it on an empty disk (FM-11). Only where the
// promise holds: a minority has lost what it acknowledged, and at that moment all others have it and follow one leader.
// Threads: the world's.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "test/sim/invariants.h"
#include "test/sim/member.h"
#include "test/sim/raft_trace.h"

namespace viaduct::sim {

class Rollback {
 public:
  using Members = std::vector<std::unique_ptr<Member>>;
  Rollback(const Member::World& world, const Members& members) : world_(world), members_(members) {}

  // Remembers what a copy of its disk would hold now.
  void back_up(Member& member, Dice& dice);
  // May this one lose what it has, before anything else happens?
  bool may(const Member& member) const;
  // While it does not run: its disk is the backup, or empty if there is none.
  void perform(Member& member);

 private:
  const Member::World world_;
  const Members& members_;
  std::map<const Member*, std::unique_ptr<FakeDisk>> backups_;
};

}  // namespace viaduct::sim
