#include "test/sim/reshaper.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 3s;
constexpr size_t kMostMembers = 5;
constexpr int kNotFound = 5;  // gRPC's

template <typename Response>
std::vector<v3bridge::Member> members_of(const Response& response) {
  std::vector<v3bridge::Member> members;
  for (const Member& one : response.members()) {
    members.push_back({MemberId(one.id()),
                       one.name(),
                       {one.peerurls().begin(), one.peerurls().end()},
                       {one.clienturls().begin(), one.clienturls().end()},
                       one.islearner()});
  }
  return members;
}

}  // namespace

cluster_test::V3Client Reshaper::client() {
  const std::vector<int> ports = world_.ports();
  return cluster_test::V3Client(ports[dice_.below(ports.size())]);
}

std::optional<std::vector<v3bridge::Member>> Reshaper::members() {
  auto known = ask_for_members(true);
  if (!known) return std::nullopt;
  if (const std::string what = roster_.objection(*known); !what.empty()) world_.complain("member " + what);
  return known;
}

std::optional<std::vector<v3bridge::Member>> Reshaper::ask_for_members(bool linearizable) {
  MemberListRequest request;
  request.set_linearizable(linearizable);
  MemberListResponse response;
  if (!client().call("Cluster/MemberList", request, response, kPatience).ok()) return std::nullopt;
  return members_of(response);
}

void Reshaper::run() {
  while (!stopped_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(dice_.between(200, 3000)));
    step();
  }
}

bool Reshaper::settle(std::chrono::nanoseconds time) {
  const auto is_settled = [&] { return !may_be_added_ && !may_be_removed_; };
  for (const auto until = Clock::now() + time; !is_settled() && Clock::now() < until;) {
    step();
    std::this_thread::sleep_for(100ms);
  }
  return is_settled();
}

void Reshaper::step() {
  if (may_be_added_) {
    look_for_added();
  } else if (may_be_removed_) {
    remove(*may_be_removed_);
  } else {
    change();
  }
}

void Reshaper::change() {
  const auto known = members();
  if (!known || known->empty()) return;
  const auto learner = std::ranges::find_if(*known, [](const auto& member) { return member.is_learner; });
  if (learner != known->end() && dice_.chance(0.3)) return update(*learner);
  if (learner != known->end() && dice_.chance(0.7)) return promote(learner->id);
  if (dice_.chance(0.2)) return update((*known)[dice_.below(known->size())]);
  if (known->size() < kMostMembers && dice_.chance(0.6)) return add(world_.new_peer_url(), dice_.chance(0.5));
  // Of two voters, the one that goes may be gone before the other, who is down, knows that it is the only one.
  const auto voters = std::ranges::count_if(*known, [](const auto& member) { return !member.is_learner; });
  const v3bridge::Member& one = (*known)[dice_.below(known->size())];
  if (one.is_learner || voters > 2) remove(one.id);
}

void Reshaper::add(const std::string& url, bool is_learner) {
  MemberAddRequest request;
  request.add_peerurls(url);
  request.set_islearner(is_learner);
  MemberAddResponse response;
  roster_.asked_to_add(url);
  const cluster_test::Status status = client().call("Cluster/MemberAdd", request, response, kPatience);
  if (status.ok() || status.unknown()) may_be_added_ = url;
  if (!status.ok()) return;
  const std::vector<v3bridge::Member> known = members_of(response);
  const MemberId id(response.member().id());
  roster_.added({id, {}, {url}, {}, is_learner});
  join(id, known);
}

// Not through the log: until the new one is there, it may be short of a quorum.
void Reshaper::look_for_added() {
  auto known = ask_for_members(false);
  if (!known) known = world_.members_among_peers();
  if (!known) return;
  const auto found =
      std::ranges::find_if(*known, [&](const auto& member) { return member.peer_urls.front() == *may_be_added_; });
  if (found == known->end()) {
    if (dice_.chance(0.1)) add(*may_be_added_, false);  // not heard of for so long; a second learner would be refused
    return;
  }
  join(found->id, *known);
}

void Reshaper::join(MemberId id, const std::vector<v3bridge::Member>& known) {
  ++added_;
  server::Founding founding{false, known};
  std::erase_if(founding.members, [&](const auto& member) { return member.id == id; });
  world_.join(id, *may_be_added_, std::move(founding));
  may_be_added_.reset();
}

void Reshaper::promote(MemberId id) {
  MemberPromoteRequest request;
  request.set_id(id.value);
  MemberPromoteResponse response;
  const cluster_test::Status status = client().call("Cluster/MemberPromote", request, response, kPatience);
  roster_.promoted(id, status);
  if (status.ok()) ++promoted_;
}

// One more URL, or again only the first. What it is called by on the network stays.
void Reshaper::update(const v3bridge::Member& member) {
  std::vector<std::string> urls = {member.peer_urls.front()};
  if (member.peer_urls.size() == 1) urls.push_back("http://127.0.0.2" + urls.front().substr(urls.front().rfind(':')));
  MemberUpdateRequest request;
  request.set_id(member.id.value);
  for (const std::string& url : urls) request.add_peerurls(url);
  MemberUpdateResponse response;
  const cluster_test::Status status = client().call("Cluster/MemberUpdate", request, response, kPatience);
  roster_.updated(member.id, urls, status);
  if (status.ok()) ++updated_;
}

void Reshaper::remove(MemberId id) {
  MemberRemoveRequest request;
  request.set_id(id.value);
  MemberRemoveResponse response;
  const cluster_test::Status status = client().call("Cluster/MemberRemove", request, response, kPatience);
  roster_.removed(id, status);
  if (status.ok()) ++removed_;
  if (status.unknown()) may_be_removed_ = id;
  if (status.ok() || status.code == kNotFound) may_be_removed_.reset();
}

}  // namespace viaduct::sim
