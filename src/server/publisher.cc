#include "server/publisher.h"

#include <algorithm>

#include "base/log.h"
#include "server/series.h"
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
  if (founders.empty() || options.force_new_cluster) founders = {options.self};
  for (const v3bridge::Member& founder : founders) {
    SetMember& member = *command.mutable_initialize()->add_members();
    member.set_id(founder.id.value);
    member.mutable_peer_urls()->Assign(founder.peer_urls.begin(), founder.peer_urls.end());
  }
  return command;
}

// Where it was no member any more, it comes back at the default address, as with etcd.
Command take_over(MemberId self) {
  Command command;
  command.mutable_member_take_over()->set_id(self.value);
  command.mutable_member_take_over()->add_peer_urls("http://localhost:2380");
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

constexpr const char* kLeastVersion = "3.0.0";

}  // namespace

bool is_only_voter(MemberId id, const std::vector<v3bridge::Member>& members) {
  return members.size() == 1 && members[0].id == id && !members[0].is_learner;
}

Publisher::Publisher(const store::Store& store, const NodeOptions& options)
    : store_(store),
      options_(options),
      takes_over_(options.force_new_cluster && !is_only_voter(options.self.id, v3bridge::members(store))) {}

bool Publisher::accepts(const std::vector<v3bridge::Member>& members) {
  takes_over_ = takes_over_ && !is_only_voter(options_.self.id, members);
  return !takes_over_;
}

std::vector<Command> Publisher::step(Index applied, bool leads, const std::string& agreed) {
  if (done_ || (leads && applied < proposed_)) return {};
  if (takes_over_ && v3bridge::is_initialized(store_)) {
    return leads ? std::vector{take_over(options_.self.id)} : std::vector<Command>();
  }
  return missing(leads, agreed);
}

std::vector<Command> Publisher::missing(bool leads, const std::string& agreed) {
  std::vector<Command> missing;
  const bool is_initialized = v3bridge::is_initialized(store_);
  const bool has_version = series_of(v3bridge::cluster_version(store_)).has_value();
  const bool knows_member = is_member_known();
  if (is_initialized && has_version && knows_member) finish();
  if (leads && !is_initialized) missing.push_back(initialize(options_));
  if (!knows_member && (leads || is_initialized)) missing.push_back(set_member(options_.self));
  if (leads && !has_version) {
    const std::string version = agreed.empty() ? kLeastVersion : agreed;
    log::info("setting up the initial cluster version to " + short_version(version));
    missing.push_back(set_version(version));
  }
  return missing;
}

std::optional<Command> Publisher::raise_version(Index applied, const std::string& agreed) {
  if (!done_ || applied < proposed_ || agreed.empty()) return std::nullopt;
  const std::string current = v3bridge::cluster_version(store_);
  if (series_of(agreed) <= series_of(current)) return std::nullopt;
  log::info("updating the cluster version from " + short_version(current) + " to " + short_version(agreed));
  return set_version(agreed);
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
