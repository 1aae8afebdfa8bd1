// The raft thread's work, one turn at a time: everything that waits becomes one append and one sync, what is committed
// goes on to the apply thread, and time passes. A turn needs no thread of its own: a test or a simulator calls it.
//
// Threads:   run() and turn() on one thread, the raft thread; status() and leads_alone() from any.
// Ownership: borrows all it is made with.
// Errors:    a failed append or sync ends the process (CC-4): nothing may be acknowledged after it.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "raft/raft.h"
#include "server/apply_worker.h"
#include "server/cluster_clock.h"
#include "server/inbox.h"
#include "server/leader_duties.h"
#include "server/log_keeper.h"
#include "server/node_options.h"
#include "server/publisher.h"

namespace viaduct::server {

class RaftWorker {
 public:
  struct Parts {
    Disk& disk;
    const Clock& clock;
    const NodeOptions& options;
    NodeObserver* observer;  // may be null
    store::Store& store;
    wal::Wal& wal;
    Inbox& inbox;
    ApplyWorker& apply_worker;
    ClusterClock& cluster_clock;
    Publisher& publisher;
    ThreadPool& maintenance;
    const v3bridge::ApplyCounts& apply_counts;
    NodeCounts& counts;
  };
  RaftWorker(const Parts& parts, raft::Raft raft);
  ~RaftWorker();

  void run();  // until the inbox is closed; then refuses what still waits
  void turn(Inbox::Batch& batch);

  v3bridge::RaftStatus status() const;  // without `applied`
  bool leads_alone() const;             // Raft::leads_alone(), any thread

 private:
  struct Pending;
  struct Status;
  using CompletionPtr = std::unique_ptr<v3bridge::Completion>;

  void take_proposals(std::vector<Proposal>& proposals);
  void take_reads(std::vector<CompletionPtr>& reads);
  void drive();
  void write(const raft::Ready& ready);
  void hand_over(raft::Ready& ready);
  CompletionPtr waiting_for(const Entry& entry);
  void settle_read(const raft::ReadResult& result, ApplyQueue::Batch& batch);
  void pass_time(std::chrono::nanoseconds now);
  void follow_role(std::chrono::nanoseconds now);
  void do_duties(std::chrono::nanoseconds now);
  DutyView duty_view(std::chrono::nanoseconds now) const;
  void watch_space(std::chrono::nanoseconds now);
  void publish_self();
  Result<Index> propose_own(const Command& command);
  void fail_overdue(std::chrono::nanoseconds now);
  void refuse(CompletionPtr completion, v3bridge::Refusal::Kind kind, const char* text);
  void show_status();

  Parts parts_;
  raft::Raft raft_;
  LogKeeper log_keeper_;
  LeaderDuties duties_;
  std::deque<Pending> pending_;  // ascending in index
  std::deque<std::pair<raft::ReadToken, CompletionPtr>> reads_;
  ApplyQueue::Batch handed_over_;
  std::chrono::nanoseconds next_tick_{0};
  std::chrono::nanoseconds last_slow_duties_{0};
  uint64_t wal_bytes_checked_ = 0;  // NodeCounts::wal_bytes when the disk's space was last looked at
  bool leading_ = false;
  std::unique_ptr<Status> status_;
};

}  // namespace viaduct::server
