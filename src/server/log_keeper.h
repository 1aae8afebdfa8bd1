// Keeps the write-ahead log short and its next segment ready, off the raft thread wherever the disk may be slow:
// after every so many entries a barrier makes the state durable, then the log is marked and cut (D9, RF-8).
// Threads: the raft thread; what `maintenance` has done comes back through `inbox`.
// Ownership: borrows all it is made with.
// Errors:  a failed barrier, mark or cut is fatal (CC-4).
#pragma once

#include "raft/raft.h"
#include "server/inbox.h"
#include "server/log_retention.h"
#include "server/node_options.h"
#include "server/thread_pool.h"
#include "store/store.h"
#include "wal/wal.h"

namespace viaduct::server {

class LogKeeper {
 public:
  LogKeeper(wal::Wal& wal, store::Store& store, raft::Raft& raft, ThreadPool& maintenance, Inbox& inbox,
            const NodeOptions& options, NodeCounts& counts)
      : wal_(wal),
        store_(store),
        raft_(raft),
        maintenance_(maintenance),
        inbox_(inbox),
        snapshot_count_(options.snapshot_count),
        counts_(counts),
        retention_(options.retention) {}

  void appended(const std::vector<EntryPtr>& entries);
  // After each write. The state holds all up to `applied`, which raft may not have been told yet.
  void step(Index applied, const LogNeeds& needs = {});

 private:
  void prepare_spare();
  void make_durable(wal::Mark mark);
  void cut(wal::Mark mark);

  wal::Wal& wal_;
  store::Store& store_;
  raft::Raft& raft_;
  ThreadPool& maintenance_;
  Inbox& inbox_;
  const uint64_t snapshot_count_;
  NodeCounts& counts_;
  LogRetention retention_;
  LogNeeds needs_;
  bool spare_under_way_ = false;
  bool barrier_under_way_ = false;
};

}  // namespace viaduct::server
