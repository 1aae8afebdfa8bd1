// What a node is made with; filled from Config by the server, by hand in tests.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "raft/raft.h"
#include "server/founding.h"
#include "server/leader_duties.h"
#include "server/log_retention.h"
#include "store/store.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

struct NodeOptions {
  std::string wal_directory;
  std::string state_directory;  // LevelDB's, at first (StateDirectory)
  std::string data_directory;   // whose filesystem is watched for space
  ClusterId cluster_id;
  v3bridge::Member self;           // urls sorted
  Founding founding;               // empty: this member alone
  bool force_new_cluster = false;  // become the only member, whatever the state and the log say (operations.md 2.9)
  bool strict_reconfig = true;     // refuse membership changes that could cost the quorum (operations.md 4.1)
  std::string v2_root;
  std::string cluster_version;  // what is published: "3.5.0"
  std::chrono::milliseconds heartbeat_interval{100};
  std::chrono::milliseconds election_timeout{1000};
  uint64_t snapshot_count = 100'000;
  uint64_t unapplied_entries = 5000;
  uint64_t wal_segment_bytes = uint64_t{64} << 20;
  DutySettings duties;
  // Bounds that a test may tighten.
  raft::Options raft;    // but for what the above settles
  store::Options store;  // but for its directory
  LogRetention::Limits retention;
  uint64_t entry_cache_bytes = 16 << 20;  // of the log's newest entries, for followers
};

// What the log has done; for metrics. Relaxed: any thread.
struct NodeCounts {
  std::atomic<uint64_t> proposals_failed{0};
  std::atomic<uint64_t> proposals_pending{0};
  std::atomic<uint64_t> reads_asked_again{0};  // batches of linearizable reads that a leader left unanswered
  std::atomic<uint64_t> reads_failed{0};       // whose time ran out
  std::atomic<uint64_t> leader_changes{0};
  std::atomic<uint64_t> wal_bytes{0};
  std::atomic<uint64_t> log_cuts{0};
  std::atomic<uint64_t> commands_too_large{0};  // refused before they were logged
  std::atomic<uint64_t> frames_dropped{0};      // of other members, because too much of theirs waited
  std::atomic<uint64_t> requests_too_many{0};   // refused because a queue or the log was too far ahead
};

// Told of durations as they happen, on the thread where they happen; for histograms.
class NodeObserver {
 public:
  virtual ~NodeObserver() = default;
  virtual void wal_synced(std::chrono::nanoseconds duration) = 0;     // raft thread
  virtual void group_applied(std::chrono::nanoseconds duration) = 0;  // apply thread
};

}  // namespace viaduct::server
