#include "v3bridge/membership.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "v3bridge/admin.h"
#include "v3bridge/rows.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using store::Store;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

constexpr std::string_view kMemberRows = "member/";
constexpr std::string_view kRemovedRows = "removed_member/";

std::vector<std::string> sorted(const Texts& urls) {
  std::vector<std::string> result(urls.begin(), urls.end());
  std::sort(result.begin(), result.end());
  return result;
}

Member member_of(const SetMember& row) {
  return {MemberId(row.id()), row.name(), sorted(row.peer_urls()), sorted(row.client_urls()), row.is_learner()};
}

void put(Store& store, const Member& member) {
  SetMember row;
  row.set_id(member.id.value);
  row.set_name(member.name);
  row.mutable_peer_urls()->Assign(member.peer_urls.begin(), member.peer_urls.end());
  row.mutable_client_urls()->Assign(member.client_urls.begin(), member.client_urls.end());
  row.set_is_learner(member.is_learner);
  store.put_row(numbered_row(kMemberRows, member.id.value), row.SerializeAsString());
}

V3Result failed(V3Error error) {
  V3Result result;
  result.error = error;
  return result;
}

std::optional<Member> find(const Store& store, MemberId id) {
  const std::string name = numbered_row(kMemberRows, id.value);
  const Store::ReadLock lock(store);
  const std::optional<std::string> value = store.row(name);
  if (!value) return std::nullopt;
  return member_of(parse_row<SetMember>(name, *value));
}

// What it alarmed about goes with it: nobody else knows when that is over. What ails the rest as well is raised anew.
void remove(Store& store, MemberId id) {
  MemberRemove row;
  row.set_id(id.value);
  store.delete_row(numbered_row(kMemberRows, id.value));
  store.put_row(numbered_row(kRemovedRows, id.value), row.SerializeAsString());
  drop_alarms_of(store, id);
}

// Why there is no such member.
V3Error absence(const Store& store, MemberId id) {
  return is_removed(store, id) ? V3Error::kMemberRemoved : V3Error::kMemberNotFound;
}

bool is_used_by_another(const std::vector<Member>& all, MemberId id, const Texts& urls) {
  return std::any_of(all.begin(), all.end(), [&](const Member& member) {
    return member.id != id && std::find_first_of(member.peer_urls.begin(), member.peer_urls.end(), urls.begin(),
                                                 urls.end()) != member.peer_urls.end();
  });
}

}  // namespace

V3Result apply_member_add(Store& store, const MemberAdd& command) {
  const MemberId id(command.id());
  if (is_removed(store, id)) return failed(V3Error::kMemberRemoved);
  if (find(store, id)) return failed(V3Error::kMemberExists);
  const std::vector<Member> all = members(store);
  if (is_used_by_another(all, id, command.peer_urls())) return failed(V3Error::kPeerUrlExists);
  if (command.is_learner() && roles_of(all).learners.size() >= command.max_learners()) {
    return failed(V3Error::kTooManyLearners);
  }
  put(store, {id, {}, sorted(command.peer_urls()), {}, command.is_learner()});
  return {};
}

V3Result apply_member_remove(Store& store, const MemberRemove& command) {
  const MemberId id(command.id());
  const std::optional<Member> member = find(store, id);
  if (!member) return failed(absence(store, id));
  if (!member->is_learner && roles_of(members(store)).voters.size() == 1) return failed(V3Error::kLastVoter);
  remove(store, id);
  return {};
}

V3Result apply_member_update(Store& store, const MemberUpdate& command) {
  const MemberId id(command.id());
  std::optional<Member> member = find(store, id);
  if (!member) return failed(absence(store, id));
  if (is_used_by_another(members(store), id, command.peer_urls())) return failed(V3Error::kPeerUrlExists);
  member->peer_urls = sorted(command.peer_urls());
  put(store, *member);
  return {};
}

V3Result apply_member_promote(Store& store, const MemberPromote& command) {
  const MemberId id(command.id());
  std::optional<Member> member = find(store, id);
  if (!member) return failed(absence(store, id));
  if (!member->is_learner) return failed(V3Error::kMemberNotLearner);
  member->is_learner = false;
  put(store, *member);
  return {};
}

V3Result apply_member_take_over(Store& store, const MemberTakeOver& command) {
  Member self{MemberId(command.id()), {}, sorted(command.peer_urls()), {}};
  for (const Member& member : members(store)) {
    if (member.id == self.id) {
      self = member;
      self.is_learner = false;
    } else {
      remove(store, member.id);
    }
  }
  store.delete_row(numbered_row(kRemovedRows, self.id.value));
  put(store, self);
  return {};
}

V3Result apply_set_member(Store& store, const SetMember& command) {
  const MemberId id(command.id());
  std::optional<Member> member = find(store, id);
  if (!member) return failed(absence(store, id));
  member->name = command.name();
  member->client_urls = sorted(command.client_urls());
  put(store, *member);
  return {};
}

void found_members(Store& store, const std::vector<Member>& founders) {
  for (const std::string_view prefix : {kMemberRows, kRemovedRows}) {
    for (const auto& [name, value] : rows(store, prefix)) store.delete_row(name);
  }
  for (const Member& founder : founders) {
    Member fresh{founder.id, {}, founder.peer_urls, {}, founder.is_learner};
    std::sort(fresh.peer_urls.begin(), fresh.peer_urls.end());
    put(store, fresh);
  }
}

std::vector<Member> members(const Store& store) {
  std::vector<Member> result;
  for (const auto& [name, value] : rows(store, kMemberRows)) {
    result.push_back(member_of(parse_row<SetMember>(name, value)));
  }
  return result;
}

std::vector<MemberId> removed_members(const Store& store) {
  std::vector<MemberId> result;
  for (const auto& [name, value] : rows(store, kRemovedRows)) {
    result.emplace_back(parse_row<MemberRemove>(name, value).id());
  }
  return result;
}

bool is_removed(const Store& store, MemberId id) {
  const Store::ReadLock lock(store);
  return store.row(numbered_row(kRemovedRows, id.value)).has_value();
}

Roles roles_of(const std::vector<Member>& members) {
  Roles roles;
  for (const Member& member : members) (member.is_learner ? roles.learners : roles.voters).push_back(member.id);
  return roles;
}

}  // namespace viaduct::v3bridge
