#include "v3/cluster.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::MemberAddRequest;
using etcdserverpb::MemberAddResponse;
using etcdserverpb::MemberListRequest;
using etcdserverpb::MemberListResponse;
using etcdserverpb::MemberPromoteRequest;
using etcdserverpb::MemberPromoteResponse;
using etcdserverpb::MemberRemoveRequest;
using etcdserverpb::MemberRemoveResponse;
using etcdserverpb::MemberUpdateRequest;
using etcdserverpb::MemberUpdateResponse;
using v3bridge::Member;
using CallPtr = std::unique_ptr<Call>;

void show(const Member& member, etcdserverpb::Member& shown) {
  shown.set_id(member.id.value);
  shown.set_name(member.name);
  shown.mutable_peerurls()->Assign(member.peer_urls.begin(), member.peer_urls.end());
  shown.mutable_clienturls()->Assign(member.client_urls.begin(), member.client_urls.end());
  shown.set_islearner(member.is_learner);
}

// All members; no revision in the header.
template <typename Response>
Response list_of(const v3bridge::Engine& engine) {
  Response response;
  fill_header(engine, Revision(), *response.mutable_header());
  for (const Member& member : engine.members()) show(member, *response.add_members());
  return response;
}

class Cluster {
 public:
  Cluster(v3bridge::Engine& engine, const ServiceOptions& options, CheckUrl check_url, MakeMemberId make_id)
      : engine_(engine), options_(options), check_url_(std::move(check_url)), make_id_(std::move(make_id)) {}

  void list(CallPtr call, const MemberListRequest& request) {
    const auto answer = [this](CallPtr current) { current->reply(list_of<MemberListResponse>(engine_)); };
    if (!request.linearizable() || !options_.release.lists_members_linearizably()) return answer(std::move(call));
    when_current(engine_, std::move(call), answer);
  }

  void add(CallPtr call, const MemberAddRequest& request) {
    std::vector<std::string> urls(request.peerurls().begin(), request.peerurls().end());
    const auto is_url = [&](const std::string& url) { return bool(check_url_(url)); };
    if (urls.empty() || !std::all_of(urls.begin(), urls.end(), is_url)) return call->fail(kMemberBadUrls);
    std::sort(urls.begin(), urls.end());
    const Member added{make_id_(urls), {}, std::move(urls), {}, request.islearner()};
    Command command;
    MemberAdd& add = *command.mutable_member_add();
    add.set_id(added.id.value);
    add.mutable_peer_urls()->Assign(added.peer_urls.begin(), added.peer_urls.end());
    add.set_is_learner(added.is_learner);
    add.set_max_learners(options_.max_learners);
    propose(engine_, options_, std::move(call), request.ByteSizeLong(), std::move(command),
            [this, added](CallPtr done, const v3bridge::Outcome&) {
              MemberAddResponse response = list_of<MemberAddResponse>(engine_);
              show(added, *response.mutable_member());
              done->reply(response);
            });
  }

  void remove(CallPtr call, const MemberRemoveRequest& request) {
    Command command;
    command.mutable_member_remove()->set_id(request.id());
    change<MemberRemoveResponse>(std::move(call), request, std::move(command));
  }

  void update(CallPtr call, const MemberUpdateRequest& request) {
    if (request.peerurls().empty()) return call->fail(is_member(request.id()) ? kMemberBadUrls : kMemberNotFound);
    Command command;
    command.mutable_member_update()->set_id(request.id());
    *command.mutable_member_update()->mutable_peer_urls() = request.peerurls();
    change<MemberUpdateResponse>(std::move(call), request, std::move(command));
  }

  void promote(CallPtr call, const MemberPromoteRequest& request) {
    Command command;
    command.mutable_member_promote()->set_id(request.id());
    change<MemberPromoteResponse>(std::move(call), request, std::move(command), InVain::kLacksLeader);
  }

 private:
  template <typename Response>
  void change(CallPtr call, const Message& request, Command&& command, InVain in_vain = InVain::kTimedOut) {
    const auto answer = [this](CallPtr done, const v3bridge::Outcome&) { done->reply(list_of<Response>(engine_)); };
    propose(engine_, options_, std::move(call), request.ByteSizeLong(), std::move(command), answer, in_vain);
  }

  bool is_member(uint64_t id) const {
    const std::vector<Member> members = engine_.members();
    return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id.value == id; });
  }

  v3bridge::Engine& engine_;
  const ServiceOptions options_;
  const CheckUrl check_url_;
  const MakeMemberId make_id_;
};

}  // namespace

void add_cluster_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options, CheckUrl check_url,
                         MakeMemberId make_id) {
  // Each method holds on to the service; it goes with the last of them.
  const auto cluster = std::make_shared<Cluster>(engine, options, std::move(check_url), std::move(make_id));
  methods.add_unary<MemberAddRequest, MemberAddResponse>(
      "/etcdserverpb.Cluster/MemberAdd", {"/cluster/member/add"},
      [cluster](CallPtr call, MemberAddRequest& request) { cluster->add(std::move(call), request); });
  methods.add_unary<MemberRemoveRequest, MemberRemoveResponse>(
      "/etcdserverpb.Cluster/MemberRemove", {"/cluster/member/remove"},
      [cluster](CallPtr call, MemberRemoveRequest& request) { cluster->remove(std::move(call), request); });
  methods.add_unary<MemberUpdateRequest, MemberUpdateResponse>(
      "/etcdserverpb.Cluster/MemberUpdate", {"/cluster/member/update"},
      [cluster](CallPtr call, MemberUpdateRequest& request) { cluster->update(std::move(call), request); });
  methods.add_unary<MemberListRequest, MemberListResponse>(
      "/etcdserverpb.Cluster/MemberList", {"/cluster/member/list"},
      [cluster](CallPtr call, MemberListRequest& request) { cluster->list(std::move(call), request); });
  methods.add_unary<MemberPromoteRequest, MemberPromoteResponse>(
      "/etcdserverpb.Cluster/MemberPromote", {"/cluster/member/promote"},
      [cluster](CallPtr call, MemberPromoteRequest& request) { cluster->promote(std::move(call), request); });
}

}  // namespace viaduct::v3
