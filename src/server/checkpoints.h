// Chains at certain indexes (chain.h): this member's own, and, while it leads, who agrees with them. Members that agree
// at one index have agreed at all before it, and who differs at one differs ever after, until it gets a state anew.
// Threads: applied() on the apply thread, the rest on the raft thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "peer/frame.h"

namespace viaduct::server {

class Checkpoints {
 public:
  static constexpr uint64_t kSpacing = 64;  // entries from one to the next
  static constexpr size_t kKept = 4096;

  void applied(Index index, uint64_t chain) {
    if (index.value % kSpacing == 0) keep(index, chain);
  }

  std::optional<peer::Checkpoint> newest() const;  // of this member

  // The leader `self` is told what another one of `voters` members has. Answers who is wrong, by then (INV-A6): those
  // that differ from a majority, which may be the leader itself; a member 0 if there is no majority for anything.
  std::vector<MemberId> compare(MemberId self, MemberId from, const peer::Checkpoint& theirs, size_t voters);
  void forget_others();  // leadership begins

 private:
  void keep(Index index, uint64_t chain);
  std::optional<uint64_t> find(Index index) const;

  mutable std::mutex mutex_;
  std::map<Index, uint64_t> own_;      // guarded by mutex_
  std::map<MemberId, Index> agreed_;   // the newest index at which it did
  std::map<MemberId, Index> differs_;  // since which it does
};

}  // namespace viaduct::server
