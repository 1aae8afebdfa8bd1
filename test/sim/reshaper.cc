#include "test/sim/reshaper.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;
using namespace etcdserverpb;

constexpr auto kPatience = 3s;
constexpr size_t kMostMembers = 5;
constexpr int kTriesToFind = 20;  // one whose addition was not answered

template <typename Response>
std::vector<v3bridge::Member> members_of(const Response& response) {
  std::vector<v3bridge::Member> members;
  for (const Member& one : response.members()) {
    members.push_back({MemberId(one.id()), one.name(), {one.peerurls().begin(), one.peerurls().end()},
                       {one.clienturls().begin(), one.clienturls().end()}, one.islearner()});
  }
  return members;
}

}  // namespace

cluster_test::V3Client Reshaper::client() {
  const std::vector<int> ports = world_.ports();
  return cluster_test::V3Client(ports[dice_.below(ports.size())]);
}

std::optional<std::vector<v3bridge::Member>> Reshaper::members(bool linearizable) {
  MemberListRequest request;
  request.set_linearizable(linearizable);
  MemberListResponse response;
  if (!client().call("Cluster/MemberList", request, response, kPatience).ok()) return std::nullopt;
  return members_of(response);
}

void Reshaper::run() {
  while (!stopped_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(dice_.between(200, 3000)));
    if (may_be_added_) {
      look_for_added();
    } else {
      change();
    }
  }
  for (int tries = 0; may_be_added_ && tries < kTriesToFind; ++tries) {
    look_for_added();
    std::this_thread::sleep_for(100ms);
  }
}

void Reshaper::change() {
  const auto known = members();
  if (!known || known->empty()) return;
  const auto learner = std::ranges::find_if(*known, [](const auto& member) { return member.is_learner; });
  if (learner != known->end() && dice_.chance(0.7)) return promote(learner->id);
  if (known->size() < kMostMembers && dice_.chance(0.6)) return add(dice_.chance(0.5));
  // Of two, the one that goes may be gone before the other, who is down, knows that it is the only one.
  if (known->size() > 2) remove((*known)[dice_.below(known->size())].id);
}

void Reshaper::add(bool as_learner) {
  const std::string url = world_.new_peer_url();
  MemberAddRequest request;
  request.add_peerurls(url);
  request.set_islearner(as_learner);
  MemberAddResponse response;
  const cluster_test::Status status = client().call("Cluster/MemberAdd", request, response, kPatience);
  if (status.ok() || status.unknown()) may_be_added_ = url;
  if (status.ok()) join(MemberId(response.member().id()), members_of(response));
}

// Not through the log: until the new one is there, it may be short of a quorum.
void Reshaper::look_for_added() {
  const auto known = members(false);
  if (!known) return;
  const auto found = std::ranges::find_if(*known, [&](const auto& member) { return member.peer_urls.front() == *may_be_added_; });
  if (found == known->end()) {
    if (dice_.chance(0.1)) may_be_added_.reset();  // not heard of for so long: it never was
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
  if (client().call("Cluster/MemberPromote", request, response, kPatience).ok()) ++promoted_;
}

void Reshaper::remove(MemberId id) {
  MemberRemoveRequest request;
  request.set_id(id.value);
  MemberRemoveResponse response;
  if (client().call("Cluster/MemberRemove", request, response, kPatience).ok()) ++removed_;
}

}  // namespace viaduct::sim
