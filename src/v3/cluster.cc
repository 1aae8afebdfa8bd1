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

constexpr KnownError kOneMemberOnly{StatusCode::kUnimplemented, "etcdserver: this version runs clusters of one member"};

template <typename Response>
Response list_of(const v3bridge::Engine& engine) {
  Response response;
  fill_header(engine, Revision(), *response.mutable_header());
  for (const Member& member : engine.members()) {
    etcdserverpb::Member& shown = *response.add_members();
    shown.set_id(member.id.value);
    shown.set_name(member.name);
    shown.mutable_peerurls()->Assign(member.peer_urls.begin(), member.peer_urls.end());
    shown.mutable_clienturls()->Assign(member.client_urls.begin(), member.client_urls.end());
  }
  return response;
}

// Members by id.
class Cluster {
 public:
  Cluster(v3bridge::Engine& engine, const ServiceOptions& options, CheckUrl check_url)
      : engine_(engine), options_(options), check_url_(std::move(check_url)) {}

  void list(CallPtr call, const MemberListRequest& request) {
    const auto answer = [this](CallPtr current) { current->reply(list_of<MemberListResponse>(engine_)); };
    if (!request.linearizable()) return answer(std::move(call));
    when_current(engine_, std::move(call), answer);
  }

  void add(CallPtr call, const MemberAddRequest& request) {
    const auto& urls = request.peerurls();
    if (urls.empty() ||
        !std::all_of(urls.begin(), urls.end(), [&](const auto& url) { return bool(check_url_(url)); })) {
      return call->fail(kMemberBadUrls);
    }
    if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
    call->fail(is_used(urls) ? kPeerUrlExists : kOneMemberOnly);
  }

  void remove(CallPtr call, const MemberRemoveRequest& request) {
    if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
    if (!find(request.id())) return call->fail(kMemberNotFound);
    call->fail(options_.strict_reconfig_check ? kMemberNotEnoughStarted : kOneMemberOnly);
  }

  void update(CallPtr call, const MemberUpdateRequest& request) {
    const std::optional<Member> member = find(request.id());
    if (member && request.peerurls().empty()) return call->fail(kMemberBadUrls);
    if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
    if (!member) return call->fail(kMemberNotFound);
    Command command;
    SetMember& changed = *command.mutable_set_member();
    changed.set_id(member->id.value);
    changed.set_name(member->name);
    *changed.mutable_peer_urls() = request.peerurls();
    changed.mutable_client_urls()->Assign(member->client_urls.begin(), member->client_urls.end());
    propose(engine_, options_, std::move(call), request.ByteSizeLong(), std::move(command),
            [this](CallPtr done, v3bridge::Outcome) { done->reply(list_of<MemberUpdateResponse>(engine_)); });
  }

  void promote(CallPtr call, const MemberPromoteRequest& request) {
    if (shows_token(call->metadata())) return call->fail(kInvalidAuthToken);
    call->fail(find(request.id()) ? kMemberNotLearner : kMemberNotFound);
  }

 private:
  std::optional<Member> find(uint64_t id) const {
    for (Member& member : engine_.members()) {
      if (member.id.value == id) return std::move(member);
    }
    return std::nullopt;
  }

  bool is_used(const google::protobuf::RepeatedPtrField<std::string>& urls) const {
    const std::vector<Member> members = engine_.members();
    return std::any_of(members.begin(), members.end(), [&](const Member& member) {
      return std::find_first_of(member.peer_urls.begin(), member.peer_urls.end(), urls.begin(), urls.end()) !=
             member.peer_urls.end();
    });
  }

  v3bridge::Engine& engine_;
  const ServiceOptions options_;
  const CheckUrl check_url_;
};

}  // namespace

void add_cluster_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options,
                         CheckUrl check_url) {
  // Each method holds on to the service; it goes with the last of them.
  const auto cluster = std::make_shared<Cluster>(engine, options, std::move(check_url));
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
