#include "test/sim/roster.h"

#include <algorithm>

namespace viaduct::sim {

Roster::Roster(const std::vector<v3bridge::Member>& founders) {
  for (const v3bridge::Member& member : founders) added(member);
}

void Roster::added(const v3bridge::Member& member) {
  One& one = all_[member.id];
  one.may_be_learner = member.is_learner;
  one.may_be_voter = !member.is_learner;
  one.urls = member.peer_urls;
}

void Roster::promoted(MemberId id, const Status& status) {
  One& one = all_[id];
  if (status.ok()) one.may_be_learner = false;
  if (status.ok() || status.unknown()) one.may_be_voter = true;
}

void Roster::removed(MemberId id, const Status& status) {
  One& one = all_[id];
  if (status.ok()) one.may_be_there = false;
  if (status.ok() || status.unknown()) one.may_be_gone = true;
}

void Roster::updated(MemberId id, const Urls& urls, const Status& status) {
  One& one = all_[id];
  if (status.ok()) one.urls = urls;
  if (status.unknown()) one.maybe_urls.push_back(urls);
}

std::string Roster::objection(const std::vector<v3bridge::Member>& members) {
  for (const v3bridge::Member& member : members) {
    if (const std::string what = objection(member); !what.empty()) return to_hex(member.id.value) + " " + what;
  }
  for (auto& [id, one] : all_) {
    if (std::ranges::any_of(members, [&](const auto& member) { return member.id == id; })) continue;
    if (!one.may_be_gone) return to_hex(id.value) + " is missing, though nobody removed it";
    one.may_be_there = false;
  }
  return {};
}

std::string Roster::objection(const v3bridge::Member& member) {
  const auto found = all_.find(member.id);
  if (found == all_.end()) {  // added without an answer
    if (!urls_.contains(member.peer_urls.front())) return "is there, though nobody added it";
    added(member);
    return {};
  }
  One& one = found->second;
  if (!one.may_be_there) return "is back, though it was removed";
  if (member.is_learner && !one.may_be_learner) return "is a learner, though it was none any more";
  if (!member.is_learner && !one.may_be_voter) return "votes, though nobody promoted it";
  if (!member.is_learner) one.may_be_learner = false;
  if (member.peer_urls != one.urls && std::ranges::find(one.maybe_urls, member.peer_urls) == one.maybe_urls.end())
    return "has URLs that nobody gave it";
  return {};
}

}  // namespace viaduct::sim
