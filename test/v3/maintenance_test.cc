#include "v3/maintenance.h"

#include <doctest/doctest.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "test/v3/service_world.h"

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
  }

  // The answer as text, or the error's.
  template <typename Request, typename Response>
  std::string ask(const std::string& path, const std::string& text) {
    return ServiceWorld::ask<Request, Response>("/etcdserverpb.Maintenance/" + path, text);
  }
  std::string alarm(const std::string& text) {
    return ask<etcdserverpb::AlarmRequest, etcdserverpb::AlarmResponse>("Alarm", text);
  }
  std::string status() { return ask<etcdserverpb::StatusRequest, etcdserverpb::StatusResponse>("Status", ""); }
  std::string move_leader(const std::string& text) {
    return ask<etcdserverpb::MoveLeaderRequest, etcdserverpb::MoveLeaderResponse>("MoveLeader", text);
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

TEST_CASE("an alarm that the log refuses fails with an unknown code before 3.5") {
  for (const auto& [release, code] :
       {std::pair("3.4.23", StatusCode::kUnknown), std::pair("3.5.21", StatusCode::kUnavailable)}) {
    for (const auto action : {etcdserverpb::AlarmRequest::GET, etcdserverpb::AlarmRequest::ACTIVATE}) {
      CAPTURE(release);
      CAPTURE(action);
      AdminWorld world(of_release(release));
      world.engine.refuse_next("etcdserver: request timed out");
      etcdserverpb::AlarmRequest request;
      request.set_action(action);
      const auto said = world.call("/etcdserverpb.Maintenance/Alarm", request);
      REQUIRE(said->end);
      CHECK(said->end->code == code);
      CHECK(said->end->message == "etcdserver: request timed out");
    }
  }
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

TEST_CASE("the status says when there is no leader, and that a member is a learner") {
  AdminWorld world;
  world.engine.raft.leader = {};
  world.engine.learner = true;
  world.engine.raft.commit = Index(9);
  world.engine.raft.applied = Index(8);
  CHECK(world.status() ==
        "header { cluster_id: 12 member_id: 10 revision: 1 raft_term: 7 } version: \"3.5.21\" raftIndex: 9 raftTerm: 7 "
        "raftAppliedIndex: 8 errors: \"etcdserver: no leader\" isLearner: true");
}

TEST_CASE("leadership is handed on by who has it, and to whom the engine says") {
  AdminWorld world;
  CHECK(world.move_leader("targetID:10") == "");
  world.engine.refuse_next("etcdserver: bad leader transferee", v3bridge::Refusal::Kind::kBadTransferee);
  CHECK(world.move_leader("targetID:42") == "etcdserver: bad leader transferee");
  world.engine.refuse_next("etcdserver: request timed out, leader transfer took too long",
                           v3bridge::Refusal::Kind::kTransferTimeout);
  CHECK(world.move_leader("targetID:11") == "etcdserver: request timed out, leader transfer took too long");
  CHECK(world.engine.raft.leader == MemberId(10));
  CHECK(world.move_leader("targetID:11") == "");
  CHECK(world.engine.raft.leader == MemberId(11));
  CHECK(world.move_leader("targetID:42") == "etcdserver: not leader");
}

TEST_CASE("the hash of an empty store is etcd's") {
  AdminWorld world;
  const std::string answer = world.ask<etcdserverpb::HashKVRequest, etcdserverpb::HashKVResponse>("HashKV", "");
  CHECK(answer ==
        "header { cluster_id: 12 member_id: 10 revision: 1 raft_term: 7 } hash: 1084519789 compact_revision: -1");
  CHECK(world.ask<etcdserverpb::HashKVRequest, etcdserverpb::HashKVResponse>("HashKV", "revision:9") ==
        "etcdserver: mvcc: required revision is a future revision");
}

TEST_CASE("there is nothing to defragment") {
  AdminWorld world;
  CHECK(world.ask<etcdserverpb::DefragmentRequest, etcdserverpb::DefragmentResponse>("Defragment", "") == "");
}

TEST_CASE("there is no downgrade before 3.5") {
  CHECK(AdminWorld().methods.find("/etcdserverpb.Maintenance/Downgrade"));
  CHECK_FALSE(AdminWorld(of_release("3.4.23")).methods.find("/etcdserverpb.Maintenance/Downgrade"));
}

}  // namespace
}  // namespace viaduct::v3
