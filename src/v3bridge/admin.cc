#include "v3bridge/admin.h"

#include <cassert>

#include "v3bridge/membership.h"
#include "v3bridge/rows.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using store::Store;

constexpr std::string_view kInitializedRow = "initialized";
constexpr std::string_view kClusterVersionRow = "cluster_version";
constexpr std::string_view kAlarmRows = "alarm/";
constexpr std::string_view kNoSpaceRows = "alarm/NOSPACE/";
constexpr std::string_view kCorruptRows = "alarm/CORRUPT/";
constexpr std::string_view kNoneRows = "alarm/NONE/";

std::string_view alarm_rows(Alarm::Kind kind) {
  return kind == Alarm::NOSPACE ? kNoSpaceRows : kind == Alarm::CORRUPT ? kCorruptRows : kNoneRows;
}

std::vector<Member> founders_of(const Initialize& command) {
  std::vector<Member> founders;
  for (const SetMember& said : command.members()) {
    Member& founder = founders.emplace_back();
    founder.id = MemberId(said.id());
    founder.peer_urls.assign(said.peer_urls().begin(), said.peer_urls().end());
  }
  return founders;
}

V3Error meaning(const Error& error) {
  if (error.code == Code::kCompacted) return V3Error::kCompacted;
  assert(error.code == Code::kFutureRevision);
  return V3Error::kFutureRevision;
}

}  // namespace

V3Result apply_compact(Store& store, const Compact& command) {
  V3Result result;
  if (const Result<void> compacted = store.compact(Revision(command.revision())); !compacted)
    result.error = meaning(compacted.error());
  return result;
}

V3Result apply_initialize(Store& store, const Initialize& command) {
  if (is_initialized(store)) return {};
  store.set_v2_root(command.v2_root());
  found_members(store, founders_of(command));
  Initialize row = command;
  row.clear_members();  // they have rows of their own, and those change
  store.put_row(kInitializedRow, row.SerializeAsString());
  return {};
}

V3Result apply_set_cluster_version(Store& store, const SetClusterVersion& command) {
  store.put_row(kClusterVersionRow, command.version());
  return {};
}

V3Result apply_alarm(Store& store, const Alarm& command) {
  V3Result result;
  const std::string row = numbered_row(alarm_rows(command.kind()), command.member());
  if (command.raise()) {
    store.put_row(row, command.SerializeAsString());
    return result;
  }
  {
    const Store::ReadLock lock(store);
    result.deleted = store.row(row) ? 1 : 0;
  }
  store.delete_row(row);
  return result;
}

void drop_alarms_of(Store& store, MemberId member) {
  for (const std::string_view kind : {kNoSpaceRows, kCorruptRows, kNoneRows}) {
    store.delete_row(numbered_row(kind, member.value));
  }
}

bool is_initialized(const Store& store) {
  const Store::ReadLock lock(store);
  return store.row(kInitializedRow).has_value();
}

std::string cluster_version(const Store& store) {
  const Store::ReadLock lock(store);
  return store.row(kClusterVersionRow).value_or("not_decided");
}

std::vector<ActiveAlarm> active_alarms(const Store& store) {
  std::vector<ActiveAlarm> result;
  for (const auto& [name, value] : rows(store, kAlarmRows)) {
    const Alarm alarm = parse_row<Alarm>(name, value);
    result.push_back({MemberId(alarm.member()), Alarm::Kind_Name(alarm.kind())});
  }
  return result;
}

RaisedKinds raised_alarm_kinds(const Store& store) {
  RaisedKinds raised;
  for (const auto& [name, value] : rows(store, kAlarmRows)) {
    if (name.starts_with(kNoSpaceRows)) raised.no_space = true;
    if (name.starts_with(kCorruptRows)) raised.corrupt = true;
  }
  return raised;
}

}  // namespace viaduct::v3bridge
