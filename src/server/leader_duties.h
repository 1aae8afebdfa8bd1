// What a leader proposes by itself: the end of leases, time for them to run down in, compaction, the no-space alarm.
// Decides only; the node proposes.
// Threads: the raft thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/ack_lag.h"
#include "server/config.h"
#include "server/history_policy.h"
#include "store/store.h"
#include "v3bridge/counts.h"

namespace viaduct {
class Command;
}

namespace viaduct::server {

struct DutySettings {
  AutoCompaction auto_compaction;
  uint64_t quota_bytes = 2ull << 30;  // Config::kNoQuota: unbounded
  // Free space below which the no-space alarm is raised (CC-13): the next log segment (64 MiB), what may be under way
  // (64 MiB), and room for LevelDB to work in. The alarm clears at twice as much.
  uint64_t low_disk_bytes = 160 << 20;
};

// What a round of duties looks at.
struct DutyView {
  std::chrono::nanoseconds now;  // local monotonic clock
  uint64_t cluster_ms;           // the estimate
  Index applied;
  uint64_t free_disk_bytes;
  bool no_space_raised;  // for this member
  bool leads = true;     // one member is enough to say that the quota is used up
};

class LeaderDuties {
 public:
  static constexpr std::chrono::milliseconds kExpiryInterval{100};
  static constexpr size_t kMaxLeasesPerEntry = 1000;
  static constexpr size_t kMaxKeysPerEntry = 10'000;

  LeaderDuties(const store::Store& store, const v3bridge::ApplyCounts& counts, MemberId self,
               const DutySettings& settings);

  // An expiry command, when leases are due and the one before it is applied.
  std::optional<Command> expire(const DutyView& view);
  void expiry_proposed(Index index) { expiry_index_ = index; }
  void handed_over(uint64_t stamp_ms, uint64_t cluster_ms, std::chrono::nanoseconds now) {
    ack_lag_.handed_over(stamp_ms, cluster_ms, now);
  }

  // Something was stamped (any entry), so time is known to the log.
  void stamped(std::chrono::nanoseconds now) { last_stamp_ = now; }
  // An empty entry, when a lease exists and nothing was stamped for a second (D3).
  std::optional<Command> keep_time(const DutyView& view) const;

  // About once a second.
  std::optional<Command> compact(const DutyView& view);
  std::optional<Command> watch_space(const DutyView& view);

 private:
  bool is_over_quota(bool raised) const;
  bool may_end(LeaseId id, const DutyView& view) const;

  const store::Store& store_;
  const v3bridge::ApplyCounts& counts_;
  const MemberId self_;
  const DutySettings settings_;
  HistoryPolicy history_;
  AckLag ack_lag_;
  Index expiry_index_;            // of the newest expiry entry
  bool more_leases_due_ = false;  // the last scan met its bound
  std::chrono::nanoseconds last_scan_{0};
  std::chrono::nanoseconds last_stamp_{0};
  bool for_disk_ = false;                               // the disk alone was the reason at the last look that found one
  std::optional<std::chrono::nanoseconds> room_since_;  // neither disk nor quota is short since then
};

}  // namespace viaduct::server
