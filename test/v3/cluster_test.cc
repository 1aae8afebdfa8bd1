#include "v3/cluster.h"

#include <doctest/doctest.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3/service_world.h"

namespace viaduct::v3 {
namespace {

using v3bridge::Refusal;

constexpr const char* kBadUrls = "etcdserver: given member URLs are invalid";
constexpr const char* kNotFound = "etcdserver: member not found";
const std::string kHeader = "header { cluster_id: 12 member_id: 10 raft_term: 7 }";
const std::string kSelf = " members { ID: 10 name: \"self\" peerURLs: \"http://a:1\" clientURLs: \"http://a:2\" }";
const std::string kOther = " members { ID: 11 peerURLs: \"http://b:1\" }";

// Voters 10, which has started, and 11; an added member's id is its first URL's length plus 100.
class ClusterWorld : public ServiceWorld {
 public:
  explicit ClusterWorld(const char* release = "3.5.21") {
    options.release = Release(release);
    add_cluster_methods(
        methods, engine, options,
        [](const std::string& url) -> Result<void> {
          if (url.starts_with("http://")) return {};
          return Error{Code::kInvalidArgument, "no URL"};
        },
        [](const std::vector<std::string>& urls) { return MemberId(100 + urls.front().size()); });
    Command founding, announcement;
    for (const auto& [id, url] : {std::pair(10, "http://a:1"), std::pair(11, "http://b:1")}) {
      SetMember& founder = *founding.mutable_initialize()->add_members();
      founder.set_id(static_cast<uint64_t>(id));
      founder.add_peer_urls(url);
    }
    apply(founding);
    announcement.mutable_set_member()->set_id(10);
    announcement.mutable_set_member()->set_name("self");
    announcement.mutable_set_member()->add_client_urls("http://a:2");
    apply(announcement);
  }

  std::string add(const std::string& text) {
    return ask<etcdserverpb::MemberAddRequest, etcdserverpb::MemberAddResponse>("MemberAdd", text);
  }
  std::string remove(const std::string& text) {
    return ask<etcdserverpb::MemberRemoveRequest, etcdserverpb::MemberRemoveResponse>("MemberRemove", text);
  }
  std::string update(const std::string& text) {
    return ask<etcdserverpb::MemberUpdateRequest, etcdserverpb::MemberUpdateResponse>("MemberUpdate", text);
  }
  std::string promote(const std::string& text) {
    return ask<etcdserverpb::MemberPromoteRequest, etcdserverpb::MemberPromoteResponse>("MemberPromote", text);
  }
  std::string list(const std::string& text = "") {
    return ask<etcdserverpb::MemberListRequest, etcdserverpb::MemberListResponse>("MemberList", text);
  }

 private:
  template <typename Request, typename Response>
  std::string ask(const std::string& method, const std::string& text) {
    return ServiceWorld::ask<Request, Response>("/etcdserverpb.Cluster/" + method, text);
  }
};

TEST_CASE("members are listed by id and without a revision, after a barrier if asked") {
  ClusterWorld world;
  CHECK(world.list() == kHeader + kSelf + kOther);
  world.engine.refuse_next("etcdserver: leader changed", Refusal::Kind::kLeaderChanged);
  CHECK(world.list() == kHeader + kSelf + kOther);
  CHECK(world.list("linearizable:true") == "etcdserver: leader changed");
  CHECK(world.list("linearizable:true") == kHeader + kSelf + kOther);
}

TEST_CASE("a member is added under an id made of its sorted URLs, and shown with all others") {
  ClusterWorld world;
  CHECK(world.add("peerURLs:'http://long:1' peerURLs:'http://c:1'") ==
        kHeader + " member { ID: 110 peerURLs: \"http://c:1\" peerURLs: \"http://long:1\" }" + kSelf + kOther +
            " members { ID: 110 peerURLs: \"http://c:1\" peerURLs: \"http://long:1\" }");
  CHECK(world.add("peerURLs:'http://d:1'") == "etcdserver: member ID already exist");
  CHECK(world.add("peerURLs:'http://aaa:1' peerURLs:'http://b:1'") == "etcdserver: Peer URLs already exists");
}

TEST_CASE("URLs are checked before anything is proposed") {
  ClusterWorld world;
  for (const char* text : {"", "peerURLs:'foo'", "peerURLs:'http://c:1' peerURLs:''"}) {
    CAPTURE(text);
    CHECK(world.add(text) == kBadUrls);
  }
  CHECK(world.update("ID:10") == kBadUrls);
  CHECK(world.update("ID:42") == kNotFound);
  CHECK(world.engine.proposed() == 0);
}

TEST_CASE("a learner is shown as one until it is promoted, and there is room for one") {
  ClusterWorld world;
  const std::string learner = "{ ID: 110 peerURLs: \"http://c:1\" isLearner: true }";
  CHECK(world.add("peerURLs:'http://c:1' isLearner:true") ==
        kHeader + " member " + learner + kSelf + kOther + " members " + learner);
  CHECK(world.add("peerURLs:'http://dd:1' isLearner:true") == "etcdserver: too many learner members in cluster");
  CHECK(world.update("ID:110 peerURLs:'http://x:1'") ==
        kHeader + kSelf + kOther + " members { ID: 110 peerURLs: \"http://x:1\" isLearner: true }");
  CHECK(world.promote("ID:110") == kHeader + kSelf + kOther + " members { ID: 110 peerURLs: \"http://x:1\" }");
  CHECK(world.promote("ID:110") == "etcdserver: can only promote a learner member");
  CHECK(world.promote("ID:42") == kNotFound);
}

TEST_CASE("a removed member is gone for good") {
  ClusterWorld world;
  CHECK(world.remove("ID:42") == kNotFound);
  CHECK(world.remove("ID:11") == kHeader + kSelf);
  CHECK(world.remove("ID:11") == kNotFound);
  CHECK(world.update("ID:11 peerURLs:'http://x:1'") == kNotFound);
  CHECK(world.promote("ID:11") == kNotFound);
  CHECK(world.remove("ID:10") == "etcdserver: re-configuration failed due to not enough started members");
}

TEST_CASE("a promotion that waited in vain for a leader says that there is none, other changes that time ran out") {
  ClusterWorld world;
  world.engine.raft.leader = {};
  world.engine.refuse_next("etcdserver: request timed out");
  CHECK(world.promote("ID:11") == "etcdserver: no leader");
  world.engine.refuse_next("etcdserver: request timed out");
  CHECK(world.remove("ID:11") == "etcdserver: request timed out");
}

TEST_CASE("before 3.5 nobody could ask for a linearizable list") {
  ClusterWorld world("3.4.23");
  world.engine.refuse_next("etcdserver: request timed out");
  CHECK(world.list("linearizable:true") == kHeader + kSelf + kOther);
  CHECK(world.engine.barriers() == 0);
}

TEST_CASE("what the leader refuses is told with etcd's code and text") {
  struct Case {
    Refusal::Kind kind;
    const char* text;
    StatusCode code;
  };
  for (const Case& c :
       {Case{Refusal::Kind::kNotEnoughStarted, "etcdserver: re-configuration failed due to not enough started members",
             StatusCode::kUnknown},
        Case{Refusal::Kind::kUnhealthy, "etcdserver: unhealthy cluster", StatusCode::kUnavailable},
        Case{Refusal::Kind::kLearnerNotReady,
             "etcdserver: can only promote a learner member which is in sync with leader",
             StatusCode::kFailedPrecondition},
        Case{Refusal::Kind::kTimeout, "etcdserver: request timed out", StatusCode::kUnavailable}}) {
    CAPTURE(c.text);
    ClusterWorld world;
    world.engine.refuse_next(c.text, c.kind);
    etcdserverpb::MemberPromoteRequest request;
    const auto said = world.call("/etcdserverpb.Cluster/MemberPromote", request);
    REQUIRE(said->end);
    CHECK(said->end->code == c.code);
    CHECK(said->end->message == c.text);
  }
}

}  // namespace
}  // namespace viaduct::v3
