#include "v3bridge/counts.h"

#include "viaduct/command.pb.h"

namespace viaduct::v3bridge {
namespace {

void add(ApplyCounts::Number& number, uint64_t n = 1) { number.fetch_add(n, std::memory_order_relaxed); }

}  // namespace

void ApplyCounts::count(const Command& command, const Outcome& outcome) {
  const auto* v3 = std::get_if<V3Result>(&outcome.body);
  const bool v3_success = v3 && v3->error == V3Error::kNone;
  switch (command.body_case()) {
    case Command::kV2Write: {
      const bool success = std::holds_alternative<V2Done>(outcome.body);
      add((success ? v2_success : v2_failure)[static_cast<size_t>(command.v2_write().operation())]);
      break;
    }
    case Command::kTxn:
      add(transactions, v3 && !v3->events.empty());
      break;
    case Command::kLeaseGrant:
      add(leases_granted, v3_success);
      break;
    case Command::kLeaseRevoke:
      add(leases_revoked, v3_success);
      break;
    case Command::kLeaseRenew:
      if (v3) add(leases_renewed, static_cast<uint64_t>(command.lease_renew().ids_size()) - v3->missing.size());
      break;
    default:
      break;
  }
}

void ApplyCounts::count(const store::Event& event) {
  if (event.record.action == store::Action::kExpire && !event.record.silent) add(expired);
  const auto count_record = [&](const store::Record& record) {
    if (record.family != store::Family::kKey) return;
    add(record.tombstone ? keys_deleted : keys_put);
    if (!record.tombstone) add(put_bytes, record.key.size() + record.value.size());
  };
  count_record(event.record);
  for (const store::Record& companion : event.companions) count_record(companion);
}

}  // namespace viaduct::v3bridge
