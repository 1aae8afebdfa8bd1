#include "server/publisher.h"

#include <algorithm>

#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

Command initialize(const NodeOptions& options) {
  Command command;
  command.mutable_initialize()->set_v2_root(options.v2_root);
  command.mutable_initialize()->set_apply_rules(kApplyRules);
  std::vector<v3bridge::Member> founders = options.founding.members;
  if (founders.empty()) founders.push_back(options.self);
  for (const v3bridge::Member& founder : founders) {
    SetMember& member = *command.mutable_initialize()->add_members();
    member.set_id(founder.id.value);
    member.mutable_peer_urls()->Assign(founder.peer_urls.begin(), founder.peer_urls.end());
  }
  return command;
}

Command set_member(const v3bridge::Member& self) {
  Command command;
  SetMember& member = *command.mutable_set_member();
  member.set_id(self.id.value);
  member.set_name(self.name);
  member.mutable_client_urls()->Assign(self.client_urls.begin(), self.client_urls.end());
  return command;
}

Command set_version(const std::string& version) {
  Command command;
  command.mutable_set_cluster_version()->set_version(version);
  return command;
}

}  // namespace

std::vector<Command> Publisher::step(Index applied) {
  std::vector<Command> missing;
  if (done_ || applied < proposed_) return missing;
  if (!v3bridge::is_initialized(store_)) missing.push_back(initialize(options_));
  if (!is_member_known()) missing.push_back(set_member(options_.self));
  if (v3bridge::cluster_version(store_) != options_.cluster_version) missing.push_back(set_version(options_.cluster_version));
  if (missing.empty()) finish();
  return missing;
}

bool Publisher::is_member_known() const {
  const std::vector<v3bridge::Member> known = v3bridge::members(store_);
  return std::any_of(known.begin(), known.end(), [&](const v3bridge::Member& member) {
    return member.id == options_.self.id && member.name == options_.self.name &&
           member.client_urls == options_.self.client_urls;
  });
}

void Publisher::finish() {
  done_ = true;
  const std::lock_guard lock(mutex_);
  published_ = true;
  changed_.notify_all();
}

bool Publisher::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return published_; });
}

}  // namespace viaduct::server
