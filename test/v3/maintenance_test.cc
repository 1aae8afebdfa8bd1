#include "v3/maintenance.h"

#include <doctest/doctest.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3/service_world.h"
#include "v3/cluster.h"

namespace viaduct::v3 {
namespace {

ServiceOptions of_release(const char* release) {
  ServiceOptions options;
  options.release = Release(release);
  return options;
}

class AdminWorld : public ServiceWorld {
 public:
  explicit AdminWorld(const ServiceOptions& wanted = of_release("3.5.21")) {
    options = wanted;
    add_maintenance_methods(methods, engine, options);
    add_cluster_methods(methods, engine, options, [](const std::string& url) -> Result<void> {
      if (url.starts_with("http://")) return {};
      return Error{Code::kInvalidArgument, "no URL"};
    });
    Command command;
    command.mutable_set_member()->set_id(0xa);
    command.mutable_set_member()->set_name("alone");
    command.mutable_set_member()->add_peer_urls("http://peer:2380");
    command.mutable_set_member()->add_client_urls("http://client:2379");
    apply(command);
  }

  // The answer as text, or the error's.
  template <typename Request, typename Response>
  std::string ask(const std::string& path, const std::string& text) {
    Request request;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &request));
    const auto said = call("/etcdserverpb." + path, request);
    if (said->messages.empty()) return said->end ? said->end->message : "(waits)";
    return said->template message<Response>(0).ShortDebugString();
  }
  std::string alarm(const std::string& text) {
    return ask<etcdserverpb::AlarmRequest, etcdserverpb::AlarmResponse>("Maintenance/Alarm", text);
  }
  std::string status() {
    return ask<etcdserverpb::StatusRequest, etcdserverpb::StatusResponse>("Maintenance/Status", "");
  }
  std::string add(const std::string& text) {
    return ask<etcdserverpb::MemberAddRequest, etcdserverpb::MemberAddResponse>("Cluster/MemberAdd", text);
  }
  std::string remove(const std::string& text) {
    return ask<etcdserverpb::MemberRemoveRequest, etcdserverpb::MemberRemoveResponse>("Cluster/MemberRemove", text);
  }
  std::string update(const std::string& text) {
    return ask<etcdserverpb::MemberUpdateRequest, etcdserverpb::MemberUpdateResponse>("Cluster/MemberUpdate", text);
  }
  std::string promote(const std::string& text) {
    return ask<etcdserverpb::MemberPromoteRequest, etcdserverpb::MemberPromoteResponse>("Cluster/MemberPromote", text);
  }
};

TEST_CASE("alarms are raised, listed and disarmed one by one; memberID 0 is no wildcard") {
  AdminWorld world(of_release("3.4.23"));
  CHECK(world.alarm("") == "");
  CHECK(world.alarm("action:ACTIVATE memberID:1 alarm:NOSPACE") == "alarms { memberID: 1 alarm: NOSPACE }");
  CHECK(world.alarm("action:ACTIVATE memberID:1 alarm:NOSPACE") == "alarms { memberID: 1 alarm: NOSPACE }");
  CHECK(world.alarm("action:ACTIVATE memberID:2") == "alarms { memberID: 2 }");
  CHECK(world.alarm("") == "alarms { memberID: 2 } alarms { memberID: 1 alarm: NOSPACE }");
  CHECK(world.alarm("alarm:NOSPACE") == "alarms { memberID: 1 alarm: NOSPACE }");
  CHECK(world.alarm("alarm:CORRUPT") == "");
  CHECK(world.alarm("action:DEACTIVATE alarm:NOSPACE") == "");
  CHECK(world.alarm("action:DEACTIVATE memberID:1 alarm:NOSPACE") == "alarms { memberID: 1 alarm: NOSPACE }");
  CHECK(world.alarm("action:DEACTIVATE memberID:2") == "alarms { memberID: 2 }");
  CHECK(world.alarm("") == "");
}

TEST_CASE("an action or alarm that there is not is refused") {
  AdminWorld world;
  etcdserverpb::AlarmRequest request;
  request.set_action(static_cast<etcdserverpb::AlarmRequest::AlarmAction>(7));
  CHECK(world.call("/etcdserverpb.Maintenance/Alarm", request)->end->code == StatusCode::kInvalidArgument);
  request.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
  request.set_alarm(static_cast<etcdserverpb::AlarmType>(3));
  CHECK(world.call("/etcdserverpb.Maintenance/Alarm", request)->end->code == StatusCode::kInvalidArgument);
  CHECK(world.engine.alarms().empty());
}

TEST_CASE("an alarm's answer has a header from 3.5 on") {
  AdminWorld world;
  CHECK(world.alarm("") == "header { cluster_id: 12 member_id: 10 revision: 1 raft_term: 7 }");
}

TEST_CASE("the status names the release, the leader and the alarms, and more from 3.6 on") {
  AdminWorld world;
  const std::string head = "header { cluster_id: 12 member_id: 10 revision: 1 raft_term: 7 } ";
  CHECK(world.status() == head + "version: \"3.5.21\" leader: 10 raftTerm: 7");
  world.alarm("action:ACTIVATE memberID:1 alarm:NOSPACE");
  CHECK(world.status().ends_with("errors: \"memberID:1 alarm:NOSPACE \""));
  AdminWorld newer(of_release("3.6.1"));
  CHECK(newer.status() == head +
                              "version: \"3.6.1\" leader: 10 raftTerm: 7 storageVersion: \"3.5.0\" "
                              "dbSizeQuota: 2147483648 downgradeInfo { }");
}

TEST_CASE("the hash of an empty store is etcd's") {
  AdminWorld world;
  const std::string answer =
      world.ask<etcdserverpb::HashKVRequest, etcdserverpb::HashKVResponse>("Maintenance/HashKV", "");
  CHECK(answer ==
        "header { cluster_id: 12 member_id: 10 revision: 1 raft_term: 7 } hash: 1084519789 compact_revision: -1");
  CHECK(world.ask<etcdserverpb::HashKVRequest, etcdserverpb::HashKVResponse>("Maintenance/HashKV", "revision:9") ==
        "etcdserver: mvcc: required revision is a future revision");
}

TEST_CASE("a member alone leads, and can hand that on to itself only") {
  AdminWorld world;
  const auto move = [&](const std::string& text) {
    return world.ask<etcdserverpb::MoveLeaderRequest, etcdserverpb::MoveLeaderResponse>("Maintenance/MoveLeader", text);
  };
  CHECK(move("targetID:10") == "");
  CHECK(move("targetID:11") == "etcdserver: bad leader transferee");
  CHECK(world.ask<etcdserverpb::DefragmentRequest, etcdserverpb::DefragmentResponse>("Maintenance/Defragment", "") ==
        "");
}

TEST_CASE("there is no downgrade before 3.5") {
  CHECK(AdminWorld().methods.find("/etcdserverpb.Maintenance/Downgrade"));
  CHECK_FALSE(AdminWorld(of_release("3.4.23")).methods.find("/etcdserverpb.Maintenance/Downgrade"));
}

TEST_CASE("members are listed without a revision") {
  AdminWorld world;
  const std::string listed = world.ask<etcdserverpb::MemberListRequest, etcdserverpb::MemberListResponse>(
      "Cluster/MemberList", "linearizable:true");
  CHECK(listed ==
        "header { cluster_id: 12 member_id: 10 raft_term: 7 } members { ID: 10 name: \"alone\" "
        "peerURLs: \"http://peer:2380\" clientURLs: \"http://client:2379\" }");
}

TEST_CASE("changes of members are checked in etcd's order and words, and then refused") {
  AdminWorld world;
  const std::string bad_urls = "etcdserver: given member URLs are invalid";
  const std::string not_found = "etcdserver: member not found";
  CHECK(world.add("") == bad_urls);
  CHECK(world.add("peerURLs:'foo'") == bad_urls);
  CHECK(world.add("peerURLs:'http://peer:2380'") == "etcdserver: Peer URLs already exists");
  CHECK(world.add("peerURLs:'http://other:2380'") == "etcdserver: this version runs clusters of one member");
  CHECK(world.remove("ID:42") == not_found);
  CHECK(world.remove("ID:10") == "etcdserver: re-configuration failed due to not enough started members");
  CHECK(world.promote("ID:42") == not_found);
  CHECK(world.promote("ID:10") == "etcdserver: can only promote a learner member");
  CHECK(world.update("ID:42 peerURLs:'http://x:1'") == not_found);
  CHECK(world.update("ID:10") == bad_urls);
  CHECK(world.update("ID:10 peerURLs:'http://x:1'") ==
        "header { cluster_id: 12 member_id: 10 raft_term: 7 } members { ID: 10 name: \"alone\" "
        "peerURLs: \"http://x:1\" clientURLs: \"http://client:2379\" }");
}

}  // namespace
}  // namespace viaduct::v3
