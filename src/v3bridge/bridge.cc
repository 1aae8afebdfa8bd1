#include "v3bridge/bridge.h"

#include <optional>
#include <utility>

#include "store/transaction.h"
#include "v3bridge/admin.h"
#include "v3bridge/auth.h"
#include "v3bridge/leases.h"
#include "v3bridge/membership.h"
#include "v3bridge/space.h"
#include "v3bridge/txn_choice.h"
#include "v3bridge/v2_write.h"
#include "v3bridge/v3_write.h"
#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

using Body = decltype(Outcome::body);

// A corrupt cluster takes nothing from clients; time (expiry) and operators (alarms, members) go on.
bool needs_sound_state(const Command& command) {
  switch (command.body_case()) {
    case Command::kV2Write:
    case Command::kPut:
    case Command::kDeleteRange:
    case Command::kLeaseGrant:
    case Command::kLeaseRevoke:
    case Command::kCompact:
      return true;
    case Command::kTxn:
      return !is_read_only(command.txn());
    default:
      return false;
  }
}

std::optional<Refusal> refused(const store::Store& store, const Command& command) {
  const RaisedKinds raised = raised_alarm_kinds(store);
  if (raised.corrupt && needs_sound_state(command))
    return Refusal{Refusal::Kind::kCorrupt, "etcdserver: corrupt cluster"};
  if (raised.no_space && space_cost(command) > 0)
    return Refusal{Refusal::Kind::kNoSpace, "etcdserver: mvcc: database space exceeded"};
  return std::nullopt;
}

Body body_of(std::variant<V2Done, V2Error> answer) {
  return std::visit([](auto&& value) -> Body { return std::forward<decltype(value)>(value); }, std::move(answer));
}

V3Result expire(store::Store& store, const LeaseExpire& command, const Stamp& stamp, std::string_view user) {
  for (const uint64_t id : command.ids()) {
    store::Transaction txn = store.begin(stamp, user);  // one per lease (INV-A8)
    expire_lease(store, txn, LeaseId(id));
  }
  return {};
}

Body dispatch(store::Store& store, const Command& command, const Stamp& stamp) {
  const std::string& user = command.caller().user();
  const auto in_transaction = [&](auto&& change) -> Body {
    store::Transaction txn = store.begin(stamp, user);
    return change(txn);
  };
  switch (command.body_case()) {
    case Command::kV2Write:
      return in_transaction([&](auto& txn) { return body_of(apply_v2_write(store, txn, command.v2_write())); });
    case Command::kPut:
      return in_transaction([&](auto& txn) { return apply_put(store, txn, command.put()); });
    case Command::kDeleteRange:
      return in_transaction([&](auto& txn) { return apply_delete_range(store, txn, command.delete_range()); });
    case Command::kTxn:
      return in_transaction([&](auto& txn) { return apply_txn(store, txn, command.txn()); });
    case Command::kLeaseGrant:
      return in_transaction([&](auto& txn) { return apply_grant(txn, command.lease_grant()); });
    case Command::kLeaseRevoke:
      return in_transaction([&](auto& txn) { return apply_revoke(store, txn, command.lease_revoke()); });
    case Command::kLeaseRenew:
      return in_transaction([&](auto& txn) { return apply_renew(txn, command.lease_renew()); });
    case Command::kLeaseExpire:
      return expire(store, command.lease_expire(), stamp, user);
    case Command::kCompact:
      return apply_compact(store, command.compact());
    case Command::kSetMember:
      return apply_set_member(store, command.set_member());
    case Command::kMemberAdd:
      return apply_member_add(store, command.member_add());
    case Command::kMemberRemove:
      return apply_member_remove(store, command.member_remove());
    case Command::kMemberUpdate:
      return apply_member_update(store, command.member_update());
    case Command::kMemberPromote:
      return apply_member_promote(store, command.member_promote());
    case Command::kMemberTakeOver:
      return apply_member_take_over(store, command.member_take_over());
    case Command::kSetClusterVersion:
      return apply_set_cluster_version(store, command.set_cluster_version());
    case Command::kAlarm:
      return apply_alarm(store, command.alarm());
    case Command::kInitialize:
      return apply_initialize(store, command.initialize());
    case Command::kAuthChange:
      return apply_auth_change(store, command.auth_change());
    case Command::kTick:
    case Command::BODY_NOT_SET:
      break;
  }
  return V3Result{};
}

}  // namespace

Outcome Bridge::apply(const Command& command, const Stamp& stamp) {
  Outcome outcome;
  if (auto refusal = refused(store_, command))
    outcome.body = *std::move(refusal);
  else
    outcome.body = dispatch(store_, command, stamp);
  const store::Store::ReadLock lock(store_);
  const store::Numbers numbers = store_.numbers();
  outcome.revision = numbers.revision;
  outcome.seq = numbers.seq;
  return outcome;
}

}  // namespace viaduct::v3bridge
