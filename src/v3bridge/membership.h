// The replicated membership: who is in the cluster, who was, and who votes. Its rows are the one source of that
// (INV-M1); raft's configuration is made from them.
//   row := "member/" hex16          -> SetMember
//        | "removed_member/" hex16  -> MemberRemove    that id never returns (INV-R11)
// A change that cannot be made changes nothing, and says why in etcd's order (v3-api.md 2.8). Whether a change is wise,
// with a quorum started and connected, is the leader's question before it appends; but the last voter stays, whoever
// asks.
// Threads: apply_*() on the apply thread, inside a group and outside a transaction; the rest any thread. All take
//          the ReadLock they need themselves.
#pragma once

#include <vector>

#include "store/store.h"
#include "v3bridge/engine.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class MemberAdd;
class MemberPromote;
class MemberRemove;
class MemberTakeOver;
class MemberUpdate;
class SetMember;
}  // namespace viaduct

namespace viaduct::v3bridge {

// kMemberRemoved, then:
V3Result apply_member_add(store::Store& store,
                          const MemberAdd& command);  // kMemberExists, kPeerUrlExists, kTooManyLearners
V3Result apply_member_remove(store::Store& store, const MemberRemove& command);    // kMemberNotFound, kLastVoter
V3Result apply_member_update(store::Store& store, const MemberUpdate& command);    // kMemberNotFound, kPeerUrlExists
V3Result apply_member_promote(store::Store& store, const MemberPromote& command);  // kMemberNotFound, kMemberNotLearner
V3Result apply_member_take_over(store::Store& store, const MemberTakeOver& command);  // always; even of a removed one
V3Result apply_set_member(store::Store& store, const SetMember& command);             // kMemberNotFound

// A new cluster's state: these members and no others, nobody removed. Their names and clients' addresses are left out:
// a member says those itself when it starts.
void found_members(store::Store& store, const std::vector<Member>& founders);

std::vector<Member> members(const store::Store& store);            // by id
std::vector<MemberId> removed_members(const store::Store& store);  // by id
bool is_removed(const store::Store& store, MemberId id);

struct Roles {
  std::vector<MemberId> voters, learners;  // by id
};
Roles roles_of(const std::vector<Member>& members);

}  // namespace viaduct::v3bridge
