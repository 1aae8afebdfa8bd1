#include "server/reconfiguration.h"

#include <algorithm>

#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using v3bridge::Member;
using v3bridge::Refusal;

Refusal not_enough_started() {
  return {Refusal::Kind::kNotEnoughStarted, "etcdserver: re-configuration failed due to not enough started members"};
}
Refusal unhealthy() { return {Refusal::Kind::kUnhealthy, "etcdserver: unhealthy cluster"}; }
Refusal not_in_step() {
  return {Refusal::Kind::kLearnerNotReady,
          "etcdserver: can only promote a learner member which is in sync with leader"};
}

size_t quorum_of(size_t voters) { return voters / 2 + 1; }

std::vector<Member> voters_of(const ClusterView& view) {
  std::vector<Member> voters;
  std::copy_if(view.members.begin(), view.members.end(), std::back_inserter(voters),
               [](const Member& member) { return !member.is_learner; });
  return voters;
}

size_t count_started(const std::vector<Member>& members) {
  return static_cast<size_t>(
      std::count_if(members.begin(), members.end(), [](const Member& member) { return !member.name.empty(); }));
}

const Member* find(const ClusterView& view, uint64_t id) {
  const auto found =
      std::find_if(view.members.begin(), view.members.end(), [&](const Member& m) { return m.id.value == id; });
  return found == view.members.end() ? nullptr : &*found;
}

bool is_healthy(const ClusterView& view, const Member& member) {
  return member.id == view.self || view.is_active_long(member.id);
}

std::optional<Refusal> refuse_unless_healthy(const ClusterView& view, const std::vector<Member>& voters) {
  const bool all_healthy =
      std::all_of(voters.begin(), voters.end(), [&](const Member& member) { return is_healthy(view, member); });
  return all_healthy ? std::nullopt : std::optional(unhealthy());
}

// One voter more: a new one, which has not started, or a learner, which has.
std::optional<Refusal> refuse_more_voters(const ClusterView& view, size_t started_besides) {
  const std::vector<Member> voters = voters_of(view);
  const size_t started = count_started(voters);
  const bool is_second = started == 1 && voters.size() == 1;  // the only way to grow out of one
  if (!is_second && started + started_besides < quorum_of(voters.size() + 1)) return not_enough_started();
  return refuse_unless_healthy(view, voters);
}

std::optional<Refusal> refuse_removal(const ClusterView& view, uint64_t id) {
  const Member* const member = find(view, id);
  if (!member || member->is_learner) return std::nullopt;
  std::vector<Member> voters = voters_of(view);
  const auto is_active = [&](const Member& voter) { return voter.id == view.self || view.is_active(voter.id); };
  const auto active = static_cast<size_t>(std::count_if(voters.begin(), voters.end(), is_active));
  std::erase_if(voters, [&](const Member& voter) { return voter.id.value == id; });
  if (count_started(voters) < quorum_of(voters.size())) return not_enough_started();
  // One that is down counts for nothing already.
  if (!is_active(*member)) return std::nullopt;
  return active - 1 < quorum_of(voters.size()) ? std::optional(unhealthy()) : std::nullopt;
}

std::optional<Refusal> refuse_promotion(const ClusterView& view, uint64_t id) {
  const Member* const member = find(view, id);
  if (!member || !member->is_learner) return std::nullopt;
  if (!view.is_in_step(member->id)) return not_in_step();
  return view.strict ? refuse_more_voters(view, 1) : std::nullopt;
}

}  // namespace

bool is_membership_change(const Command& command) {
  switch (command.body_case()) {
    case Command::kMemberAdd:
    case Command::kMemberRemove:
    case Command::kMemberUpdate:
    case Command::kMemberPromote:
    case Command::kMemberTakeOver:
      return true;
    default:
      return false;
  }
}

std::optional<Refusal> refuse_change(const ClusterView& view, const Command& command) {
  if (command.has_member_promote()) {
    return view.leads ? refuse_promotion(view, command.member_promote().id()) : std::nullopt;
  }
  if (!view.strict) return std::nullopt;
  if (command.has_member_add()) {
    return command.member_add().is_learner() ? refuse_unless_healthy(view, voters_of(view))
                                             : refuse_more_voters(view, 0);
  }
  if (command.has_member_remove()) return refuse_removal(view, command.member_remove().id());
  return std::nullopt;
}

}  // namespace viaduct::server
