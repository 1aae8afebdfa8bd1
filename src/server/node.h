// One member: the raft thread, the apply thread and what they share, behind the Engine interface that the wire APIs
// see, and the Listener that its peers' links tell. docs/design.md follows a write through it.
//
//   propose() -> Inbox -> RaftWorker: append, sync -> ApplyWorker: store, hub, answers
//
// Threads:   Engine's and Listener's calls from any; open(), start() and stop() from the owner's.
// Ownership: owns WAL, store, hub and threads; borrows disk, clock, random and observer.
// Errors:    a failed write of the log or the store ends the process (CC-4): nothing may be acknowledged after it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "peer/transport.h"
#include "server/applied_configurations.h"
#include "server/apply_worker.h"
#include "server/cluster_clock.h"
#include "server/inbox.h"
#include "server/installer.h"
#include "server/node_options.h"
#include "server/peer_snapshot_sink.h"
#include "server/publisher.h"
#include "server/raft_worker.h"
#include "server/recovery.h"
#include "server/thread_pool.h"
#include "v3bridge/engine.h"

namespace viaduct::server {

class Node final : public v3bridge::Engine, public peer::Listener, public Installer {
 public:
  // Recovers log and state. `observer` may be null.
  static Result<std::unique_ptr<Node>> open(Disk& disk, const Clock& clock, Random& random, NodeOptions options,
                                            NodeObserver* observer);
  ~Node() override;  // stops

  // Before start(), unless this member shall stay alone; `transport` must outlive stop(). `on_removed` is called, on
  // the raft thread or one of the transport's, when this member turns out to be no member any more; maybe more than
  // once.
  void connect(peer::Transport& transport, std::function<void()> on_removed);
  void start();
  // Waits until the state names this member and cluster version, and has what was committed before: then clients can be
  // served. A restarted member that finds no leader is not published, whatever its state says. The owner's thread.
  bool wait_until_published(std::chrono::milliseconds timeout);
  // If this member leads others: has the most up-to-date voter lead instead, and waits for that, for at most an
  // election timeout.
  void hand_over_leadership();
  // Refuses what comes, finishes what is under way, makes the state durable.
  void stop();

  void propose(Command&& command, std::unique_ptr<v3bridge::Completion> completion) override;
  void read_barrier(std::unique_ptr<v3bridge::Completion> completion) override;
  void move_leader(MemberId target, std::unique_ptr<v3bridge::Completion> completion) override;
  void compaction_barrier(std::unique_ptr<v3bridge::Completion> completion) override;
  bool reads_are_current() const override { return raft_worker_.view().leads_alone(); }
  const store::Store& store() const override { return *store_; }
  store::Hub& hub() override { return hub_; }
  Executor& readers() override { return readers_; }
  uint64_t cluster_now_ms() const override { return cluster_clock_.estimate_ms(clock_.monotonic()); }
  v3bridge::RaftStatus raft_status() const override;
  const v3bridge::ApplyCounts& counts() const override { return apply_counts_; }
  const std::string& v2_root() const override { return options_.v2_root; }
  ClusterId cluster_id() const override { return options_.cluster_id; }
  MemberId member_id() const override { return options_.self.id; }
  std::vector<v3bridge::Member> members() const override;
  std::string cluster_version() const override;
  std::vector<v3bridge::ActiveAlarm> alarms() const override;
  bool is_learner() const override { return raft_worker_.view().is_learner(); }
  std::vector<v3bridge::Traffic> traffic() const override;

  void received(MemberId from, std::vector<peer::Frame> frames) override;
  void dropped(MemberId to) override;
  void gone(MemberId id) override;
  void self_removed() override;
  void superseded(uint64_t newest) override;
  peer::Standing standing(MemberId id) const override;
  void snapshot_sent(MemberId to, std::optional<Index> index) override;

  Result<void> admit(const peer::SnapshotName& name) override;
  void install(ReceivedState state, Installer::Done done) override;
  peer::SnapshotSink& snapshot_sink() { return snapshot_sink_; }

  uint64_t incarnation() const { return incarnation_; }

  // How long the write of the log under way has taken so far; 0 if there is none.
  std::chrono::nanoseconds sync_under_way() const { return raft_worker_.sync_watch().under_way(clock_.monotonic()); }

  const NodeCounts& node_counts() const { return counts_; }
  struct SnapshotCounts {  // exchanged with one other member
    uint64_t sent = 0, send_failures = 0;
    uint64_t received = 0, receive_failures = 0;
  };
  std::map<MemberId, SnapshotCounts> snapshot_counts() const;  // any thread

 private:
  Node(Disk& disk, const Clock& clock, Random& random, uint64_t incarnation, NodeOptions options,
       NodeObserver* observer, Recovered recovered, raft::Raft raft);

  bool wait_until_current(std::chrono::milliseconds timeout);
  void count_snapshot(MemberId with, uint64_t SnapshotCounts::*which);
  std::vector<v3bridge::Member> known_members() const;
  void refuse_unqueued(std::unique_ptr<v3bridge::Completion> completion);

  const Clock& clock_;
  const NodeOptions options_;
  const uint64_t incarnation_;  // of this process; tells its proposals from those of an earlier one
  std::unique_ptr<StateDirectory> state_directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<wal::Wal> wal_;
  store::Hub hub_;
  v3bridge::ApplyCounts apply_counts_;
  NodeCounts counts_;
  mutable std::mutex snapshot_counts_mutex_;
  std::map<MemberId, SnapshotCounts> snapshot_counts_;  // guarded by snapshot_counts_mutex_
  ClusterClock cluster_clock_;
  std::atomic<uint64_t> newest_id_{0};  // of commands
  peer::Transport* transport_ = nullptr;
  std::function<void()> on_removed_;
  std::future<bool> contact_;  // a read barrier under way, before this member is published
  bool was_current_ = false;
  Inbox inbox_;
  AppliedConfigurations configurations_;
  Checkpoints checkpoints_;
  ApplyWorker apply_worker_;
  Publisher publisher_;
  ThreadPool readers_;
  ThreadPool maintenance_;
  PeerSnapshotSink snapshot_sink_;
  RaftWorker raft_worker_;
  std::thread raft_thread_;
  std::thread apply_thread_;
};

}  // namespace viaduct::server
