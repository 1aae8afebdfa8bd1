#include "v3/maintenance.h"

#include <memory>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "v3/downgrade.h"
#include "v3/unknown_errors.h"
#include "v3bridge/hash_kv.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3 {
namespace {

using etcdserverpb::AlarmRequest;
using etcdserverpb::AlarmResponse;
using etcdserverpb::DefragmentRequest;
using etcdserverpb::DefragmentResponse;
using etcdserverpb::DowngradeRequest;
using etcdserverpb::DowngradeResponse;
using etcdserverpb::HashKVRequest;
using etcdserverpb::HashKVResponse;
using etcdserverpb::HashRequest;
using etcdserverpb::HashResponse;
using etcdserverpb::MoveLeaderRequest;
using etcdserverpb::MoveLeaderResponse;
using etcdserverpb::StatusRequest;
using etcdserverpb::StatusResponse;
using v3bridge::ActiveAlarm;
using CallPtr = std::unique_ptr<Call>;

constexpr KnownError kUnknownAction{StatusCode::kInvalidArgument, "etcdserver: unknown alarm action"};
constexpr KnownError kUnknownAlarm{StatusCode::kInvalidArgument, "etcdserver: unknown alarm type"};

void add_alarm(AlarmResponse& response, uint64_t member, etcdserverpb::AlarmType type) {
  etcdserverpb::AlarmMember& alarm = *response.add_alarms();
  alarm.set_memberid(member);
  alarm.set_alarm(type);
}

etcdserverpb::AlarmType type_of(const ActiveAlarm& alarm) {
  etcdserverpb::AlarmType type = etcdserverpb::NONE;
  etcdserverpb::AlarmType_Parse(alarm.kind, &type);
  return type;
}

class Maintenance {
 public:
  Maintenance(v3bridge::Engine& engine, const ServiceOptions& options) : engine_(engine), options_(options) {}

  void alarm(CallPtr call, const AlarmRequest& request);
  void status(CallPtr call) const;
  void defragment(CallPtr call) const;
  void hash(CallPtr call) const;
  void hash_kv(CallPtr call, const HashKVRequest& request) const;
  void move_leader(CallPtr call, const MoveLeaderRequest& request) const;
  void downgrade(CallPtr call, const DowngradeRequest& request) const;

 private:
  void list_alarms(CallPtr call, etcdserverpb::AlarmType type) const;
  void change_alarm(CallPtr call, const AlarmRequest& request);
  void add_header(AlarmResponse& response) const;
  bool refuses_token(Call& call) const;

  v3bridge::Engine& engine_;
  const ServiceOptions options_;
};

void Maintenance::alarm(CallPtr call, const AlarmRequest& request) {
  if (shows_token(call->metadata())) {
    return call->fail(options_.release.maps_alarm_errors() ? kInvalidAuthToken : kUnmappedAuthToken);
  }
  if (!etcdserverpb::AlarmType_IsValid(request.alarm())) return call->fail(kUnknownAlarm);
  if (!AlarmRequest::AlarmAction_IsValid(request.action())) return call->fail(kUnknownAction);
  if (!options_.release.maps_alarm_errors()) call = with_unknown_errors(std::move(call));
  switch (static_cast<int>(request.action())) {
    case AlarmRequest::GET:
      return list_alarms(std::move(call), request.alarm());
    case AlarmRequest::ACTIVATE:
    case AlarmRequest::DEACTIVATE:
      return change_alarm(std::move(call), request);
  }
}

void Maintenance::list_alarms(CallPtr call, etcdserverpb::AlarmType type) const {
  when_current(engine_, std::move(call), [this, type](CallPtr current) {
    AlarmResponse response;
    add_header(response);
    for (const ActiveAlarm& alarm : engine_.alarms()) {
      if (type == etcdserverpb::NONE || type == type_of(alarm)) add_alarm(response, alarm.member.value, type_of(alarm));
    }
    current->reply(response);
  });
}

void Maintenance::change_alarm(CallPtr call, const AlarmRequest& request) {
  Command command;
  Alarm& change = *command.mutable_alarm();
  change.set_member(request.memberid());
  change.set_kind(static_cast<Alarm::Kind>(request.alarm()));
  change.set_raise(request.action() == AlarmRequest::ACTIVATE);
  const auto answer = [this, raise = change.raise(), member = request.memberid(), type = request.alarm()](
                          CallPtr done, const v3bridge::Outcome& outcome) {
    AlarmResponse response;
    add_header(response);
    if (raise || std::get<v3bridge::V3Result>(outcome.body).deleted != 0) add_alarm(response, member, type);
    done->reply(response);
  };
  propose(engine_, options_, std::move(call), request.ByteSizeLong(), std::move(command), answer);
}

void Maintenance::add_header(AlarmResponse& response) const {
  if (!options_.release.alarm_has_header()) return;
  fill_header(engine_, current_numbers(engine_.store()).revision, *response.mutable_header());
}

void Maintenance::status(CallPtr call) const {
  const v3bridge::RaftStatus raft = engine_.raft_status();
  const store::Store::Sizes sizes = engine_.store().sizes();
  StatusResponse response;
  fill_header(engine_, current_numbers(engine_.store()).revision, *response.mutable_header());
  response.set_version(options_.release.text());
  response.set_dbsize(static_cast<int64_t>(sizes.record_bytes));
  response.set_dbsizeinuse(static_cast<int64_t>(sizes.record_bytes));
  response.set_leader(raft.leader.value);
  response.set_raftindex(raft.commit.value);
  response.set_raftterm(raft.term.value);
  response.set_raftappliedindex(raft.applied.value);
  response.set_islearner(engine_.is_learner());
  if (!raft.leader) response.add_errors(std::string(kNoLeader.text));
  for (const ActiveAlarm& alarm : engine_.alarms()) {
    response.add_errors("memberID:" + std::to_string(alarm.member.value) + " alarm:" + alarm.kind + " ");
  }
  if (options_.release.status_shows_storage()) {
    response.set_storageversion(engine_.cluster_version());
    if (options_.quota_bytes != ServiceOptions::kNoQuota) {
      response.set_dbsizequota(static_cast<int64_t>(options_.quota_bytes));
    }
    response.mutable_downgradeinfo();  // none under way
  }
  call->reply(response);
}

// Space that is freed counts at once; there is nothing to move together.
void Maintenance::defragment(CallPtr call) const {
  if (!refuses_token(*call)) call->reply(DefragmentResponse());
}

// etcd's hash of its file, which members need not have in common; here that of the keys at the head.
void Maintenance::hash(CallPtr call) const {
  if (refuses_token(*call)) return;
  answer_from_reader<HashResponse>(engine_, std::move(call), [this](HashResponse& response) {
    const v3bridge::KvHash hash = v3bridge::hash_kv(engine_.store(), 0, true);
    fill_header(engine_, hash.head, *response.mutable_header());
    response.set_hash(hash.hash);
    return Status();
  });
}

void Maintenance::hash_kv(CallPtr call, const HashKVRequest& request) const {
  if (refuses_token(*call)) return;
  const auto make = [this, revision = request.revision()](HashKVResponse& response) {
    const Release& release = options_.release;
    const v3bridge::KvHash hash = v3bridge::hash_kv(engine_.store(), revision, release.hashes_compacted_revision());
    if (hash.error != v3bridge::V3Error::kNone) return status_of(hash.error);
    fill_header(engine_, hash.head, *response.mutable_header());
    response.set_hash(hash.hash);
    response.set_compact_revision(hash.compact_revision);
    if (release.hashkv_names_revision()) {
      response.set_hash_revision(revision == 0 ? static_cast<int64_t>(hash.head.value) : revision);
    }
    return Status();
  };
  answer_from_reader<HashKVResponse>(engine_, std::move(call), make);
}

void Maintenance::move_leader(CallPtr call, const MoveLeaderRequest& request) const {
  if (engine_.raft_status().leader != engine_.member_id()) return call->fail(kNotLeader);
  const auto answer = [](CallPtr moved, const v3bridge::Outcome&) { moved->reply(MoveLeaderResponse()); };
  engine_.move_leader(MemberId(request.targetid()), std::make_unique<CallDone<decltype(answer)>>(
                                                        engine_, std::move(call), answer, InVain::kTimedOut));
}

void Maintenance::downgrade(CallPtr call, const DowngradeRequest& request) const {
  if (Status status = check_downgrade(request, engine_.cluster_version()); !status.ok()) return call->fail(status);
  DowngradeResponse response;
  fill_header(engine_, current_numbers(engine_.store()).revision, *response.mutable_header());
  response.set_version(engine_.cluster_version());
  call->reply(response);
}

bool Maintenance::refuses_token(Call& call) const {
  if (!shows_token(call.metadata())) return false;
  call.fail(options_.release.maps_maintenance_errors() ? kInvalidAuthToken : kUnmappedAuthToken);
  return true;
}

}  // namespace

void add_maintenance_methods(Methods& methods, v3bridge::Engine& engine, const ServiceOptions& options) {
  // Each method holds on to the service; it goes with the last of them.
  const auto service = std::make_shared<Maintenance>(engine, options);
  methods.add_unary<AlarmRequest, AlarmResponse>(
      "/etcdserverpb.Maintenance/Alarm", {"/maintenance/alarm"},
      [service](CallPtr call, AlarmRequest& request) { service->alarm(std::move(call), request); });
  methods.add_unary<StatusRequest, StatusResponse>(
      "/etcdserverpb.Maintenance/Status", {"/maintenance/status"},
      [service](CallPtr call, StatusRequest&) { service->status(std::move(call)); });
  methods.add_unary<DefragmentRequest, DefragmentResponse>(
      "/etcdserverpb.Maintenance/Defragment", {"/maintenance/defragment"},
      [service](CallPtr call, DefragmentRequest&) { service->defragment(std::move(call)); });
  methods.add_unary<HashRequest, HashResponse>(
      "/etcdserverpb.Maintenance/Hash", {"/maintenance/hash"},
      [service](CallPtr call, HashRequest&) { service->hash(std::move(call)); });
  std::vector<std::string> hash_kv_routes;
  if (options.release.routes_hashkv()) hash_kv_routes = {"/maintenance/hashkv"};
  methods.add_unary<HashKVRequest, HashKVResponse>(
      "/etcdserverpb.Maintenance/HashKV", std::move(hash_kv_routes),
      [service](CallPtr call, HashKVRequest& request) { service->hash_kv(std::move(call), request); });
  methods.add_unary<MoveLeaderRequest, MoveLeaderResponse>(
      "/etcdserverpb.Maintenance/MoveLeader", {"/maintenance/transfer-leadership"},
      [service](CallPtr call, MoveLeaderRequest& request) { service->move_leader(std::move(call), request); });
  if (!options.release.has_downgrade()) return;
  methods.add_unary<DowngradeRequest, DowngradeResponse>(
      "/etcdserverpb.Maintenance/Downgrade", {"/maintenance/downgrade"},
      [service](CallPtr call, DowngradeRequest& request) { service->downgrade(std::move(call), request); });
}

}  // namespace viaduct::v3
