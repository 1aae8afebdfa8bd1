// When the leader compacts, and up to which revision (D5). Without a word from the operator the kept history is the
// last hour, bounded by events and bytes, but never shorter than what v2 clients need to resume; with
// --auto-compaction-* it is what etcd would keep (operations.md 1.8).
// Pure: time and numbers come in, a revision comes out. Threads: the raft thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "server/config.h"
#include "store/store.h"

namespace viaduct::server {

class HistoryPolicy {
 public:
  static constexpr uint64_t kMaxEvents = 1'000'000;
  static constexpr uint64_t kWantedEvents = 100'000;  // kept whatever their age, within the caps
  static constexpr uint64_t kMinEvents = 1'000;       // kept whatever the caps say
  static constexpr std::chrono::hours kAge{1};

  HistoryPolicy(const AutoCompaction& settings, uint64_t max_history_bytes)
      : settings_(settings), max_bytes_(max_history_bytes) {}

  // To be called about once a second while leading. `appended_bytes` counts everything appended since the start of the
  // process. The revision to compact at now, if any.
  std::optional<Revision> due(std::chrono::nanoseconds now, const store::Numbers& numbers, uint64_t appended_bytes);

 private:
  struct Sample {
    std::chrono::nanoseconds time;
    Revision revision;
    Seq seq;
    uint64_t bytes;
  };

  void remember(std::chrono::nanoseconds now, const store::Numbers& numbers, uint64_t appended_bytes);
  std::optional<Revision> bounded(std::chrono::nanoseconds now, const store::Numbers& numbers, uint64_t appended_bytes);
  std::optional<Revision> periodic(std::chrono::nanoseconds now);
  std::optional<Revision> by_revision(std::chrono::nanoseconds now, const store::Numbers& numbers);
  bool is_time(std::chrono::nanoseconds now, std::chrono::nanoseconds period);

  const AutoCompaction settings_;
  const uint64_t max_bytes_;
  std::deque<Sample> samples_;
  std::optional<std::chrono::nanoseconds> last_run_;
};

}  // namespace viaduct::server
