#include "server/leader_duties.h"

#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

constexpr std::chrono::seconds kStampInterval{1};
constexpr std::chrono::minutes kClearAfter{5};  // below 90 % of the quota before the alarm clears itself

store::Numbers numbers_of(const store::Store& store) {
  const store::Store::ReadLock lock(store);
  return store.numbers();
}

Command no_space_alarm(MemberId member, bool raise) {
  Command command;
  Alarm& alarm = *command.mutable_alarm();
  alarm.set_member(member.value);
  alarm.set_kind(Alarm::NOSPACE);
  alarm.set_raise(raise);
  return command;
}

}  // namespace

LeaderDuties::LeaderDuties(const store::Store& store, const v3bridge::ApplyCounts& counts, MemberId self,
                           const DutySettings& settings)
    : store_(store),
      counts_(counts),
      self_(self),
      settings_(settings),
      history_(settings.auto_compaction,
               settings.quota_bytes == Config::kNoQuota ? Config::kNoQuota : settings.quota_bytes / 4) {}

std::optional<Command> LeaderDuties::expire(const DutyView& view) {
  if (view.applied < expiry_index_) return std::nullopt;  // what it ends would be found again
  if (!more_leases_due_ && view.now - last_scan_ < kExpiryInterval) return std::nullopt;
  last_scan_ = view.now;
  const std::vector<LeaseId> due = store_.expired(view.cluster_ms, kMaxLeasesPerEntry, kMaxKeysPerEntry);
  more_leases_due_ = due.size() == kMaxLeasesPerEntry;
  Command command;
  for (const LeaseId id : due) {
    if (may_end(id, view)) command.mutable_lease_expire()->add_ids(id.value);
  }
  if (command.lease_expire().ids().empty()) return std::nullopt;
  return command;
}

// INV-E1: not before its TTL has passed since the grant or renewal was answered. That was up to a millisecond after
// what its stamp says, so the deadline itself is too early.
bool LeaderDuties::may_end(LeaseId id, const DutyView& view) const {
  const store::Store::ReadLock lock(store_);
  const store::Lease* const lease = store_.find_lease(id);
  if (!lease || view.cluster_ms <= lease->deadline_ms) return false;
  const auto late = ack_lag_.late(lease->deadline_ms - lease->ttl_seconds * 1000);
  return !late || view.now - *late >= std::chrono::seconds(lease->ttl_seconds);
}

std::optional<Command> LeaderDuties::keep_time(const DutyView& view) const {
  if (view.now - last_stamp_ < kStampInterval || !store_.has_leases()) return std::nullopt;
  Command command;
  command.mutable_tick();
  return command;
}

std::optional<Command> LeaderDuties::compact(const DutyView& view) {
  const uint64_t appended = counts_.put_bytes.load(std::memory_order_relaxed);
  const std::optional<Revision> target = history_.due(view.now, numbers_of(store_), appended);
  if (!target) return std::nullopt;
  Command command;
  command.mutable_compact()->set_revision(target->value);
  return command;
}

std::optional<Command> LeaderDuties::watch_space(const DutyView& view) {
  const bool raised = view.no_space_raised;
  const bool over_quota = (view.leads || raised) && is_over_quota(raised);
  const bool disk_is_short = view.free_disk_bytes < (raised ? 2 : 1) * settings_.low_disk_bytes;
  const bool full = over_quota || disk_is_short;
  if (full || !raised) {
    room_since_.reset();
    for_disk_ = full && !over_quota;
  }
  if (!raised) return full ? std::optional(no_space_alarm(self_, true)) : std::nullopt;
  if (full) return std::nullopt;
  // A disk that has room again is room at once; what was raised for the quota, here or where a request met it, or by a
  // client, wants some minutes first.
  if (!room_since_) room_since_ = view.now;
  if (!for_disk_ && view.now - *room_since_ < kClearAfter) return std::nullopt;
  return no_space_alarm(self_, false);
}

bool LeaderDuties::is_over_quota(bool raised) const {
  if (settings_.quota_bytes == Config::kNoQuota) return false;
  const uint64_t limit = raised ? settings_.quota_bytes / 10 * 9 : settings_.quota_bytes;
  return store_.sizes().record_bytes > limit;
}

}  // namespace viaduct::server
