// The raft thread's work, one turn at a time: everything that waits becomes one append and one sync, messages go out to
// the other members, what is committed goes on to the apply thread, and time passes. A turn needs no thread of its own:
// a test or a simulator calls it.
//   raft_worker.cc        a turn: proposals, reads, Ready
//   raft_worker_peers.cc  the other members: frames, forwarding, snapshots, the configuration
//   raft_worker_time.cc   ticks, deadlines, and what a leader does by itself
//
// Threads:   run() and turn() on one thread, the raft thread; view() from any.
// Ownership: borrows all it is made with.
// Errors:    a failed append or sync ends the process (CC-4): nothing may be acknowledged after it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "peer/transport.h"
#include "raft/raft.h"
#include "server/applied_configurations.h"
#include "server/apply_worker.h"
#include "server/cluster_clock.h"
#include "server/inbox.h"
#include "server/installer.h"
#include "server/leader_duties.h"
#include "server/log_keeper.h"
#include "server/node_options.h"
#include "server/proposals.h"
#include "server/publisher.h"
#include "server/quarantine.h"
#include "server/raft_view.h"
#include "server/reads.h"
#include "server/sync_watch.h"

namespace viaduct::server {

class PeerSnapshotSink;

class RaftWorker {
 public:
  struct Parts {
    Disk& disk;
    const Clock& clock;
    Random& random;
    const NodeOptions& options;
    uint64_t incarnation;
    std::atomic<uint64_t>& newest_id;  // of commands proposed through this member
    NodeObserver* observer;            // may be null
    store::Store& store;
    wal::Wal& wal;
    Inbox& inbox;
    ApplyWorker& apply_worker;
    AppliedConfigurations& configurations;
    Checkpoints& checkpoints;
    ClusterClock& cluster_clock;
    Publisher& publisher;
    ThreadPool& maintenance;
    PeerSnapshotSink& snapshot_sink;
    const v3bridge::ApplyCounts& apply_counts;
    NodeCounts& counts;
  };
  RaftWorker(const Parts& parts, raft::Raft raft);

  // Before run(). Without it this member hears and reaches nobody. `on_removed` is called once, on the raft thread,
  // when the membership does not name this member any more.
  void connect(peer::Transport& transport, std::function<void()> on_removed);

  void run();  // until the inbox is closed; then refuses what still waits
  void turn(Inbox::Batch& batch);

  const RaftView& view() const { return view_; }
  const SyncWatch& sync_watch() const { return sync_watch_; }

  // The raft thread, by functions in the inbox.
  void move_leader(MemberId target, std::unique_ptr<v3bridge::Completion> completion);
  void leave_leadership(std::function<void()> done);  // the same to whoever is furthest; done at once if nobody is
  void install(ReceivedState state, Installer::Done done);
  void on_dropped(MemberId to) { raft_.unreachable(to); }
  void on_gone(MemberId id);
  void on_superseded(uint64_t newest);
  void on_snapshot_sent(MemberId to, std::optional<Index> index);

 private:
  enum class Taken { kAppended, kRefused, kMustWait };
  struct Transfer {
    MemberId target;
    std::chrono::nanoseconds deadline;
    std::function<void(bool moved)> done;
  };
  using CompletionPtr = std::unique_ptr<v3bridge::Completion>;
  using Nanoseconds = std::chrono::nanoseconds;
  using Connections = std::map<MemberId, Nanoseconds>;  // to whom, and for how long by now

  // raft_worker.cc
  void take_proposals(std::vector<Proposal>& proposals);
  void take_reads(std::vector<CompletionPtr>& reads);
  void keep(Proposals::Waiting waiting);
  Taken append(Proposals::Waiting& waiting, const Stamp& stamp);
  Taken append_command(Proposals::Waiting& waiting);
  Taken append_change(Proposals::Waiting& waiting);
  bool is_refused_here(Proposals::Waiting& waiting);
  Taken appended(Proposals::Waiting& waiting, Index index);
  Stamp next_stamp();
  Stamp newest_stamp() const;
  EntryPtr read_entry(Index index) const;
  void drive();
  void write(const raft::Ready& ready);
  void hand_over(raft::Ready& ready);
  void settle_reads(const std::vector<raft::ReadResult>& results);
  void ask_for_reads();
  void release_reads();
  void refuse(CompletionPtr completion, v3bridge::Refusal::Kind kind, std::string text);
  bool leads() const { return raft_.role() == raft::Role::kLeader; }
  bool is_alone() const { return raft_.configuration().voters.size() == 1; }

  // raft_worker_peers.cc
  Result<void> begin_transfer(MemberId target, std::function<void(bool moved)> done);
  void end_transfer(bool moved);
  void take_received(std::vector<ReceivedFrames>& received);
  void on(MemberId from, peer::RaftFrame&& frame);
  void on(MemberId from, peer::ForwardedCommand&& forwarded);
  void on(MemberId from, peer::ForwardRefused&& refused);
  void on(MemberId from, peer::ReadIndexRequest&& request);
  void on(MemberId from, peer::ReadIndexReply&& reply);
  void on(MemberId from, peer::Checkpoint&& checkpoint);
  void on(MemberId from, peer::LogLost&& lost);
  void send(MemberId to, peer::Frame frame);
  void send_all(std::vector<raft::Message>& messages);
  void forward(Proposals::Waiting& waiting);
  void propose_idle();
  std::optional<v3bridge::Refusal> refuse_change(const std::string& data) const;
  void take_configurations(Index applied);
  void follow_members(const std::vector<v3bridge::Member>& members);
  void fetch(const raft::Fetch& wanted);
  void send_snapshot(MemberId to);
  LogNeeds log_needs() const;
  Connections connected_for() const;

  // raft_worker_time.cc
  void pass_time(Nanoseconds now);
  void follow_leader(Nanoseconds now);
  void campaign_within(Nanoseconds delay);
  void campaign();
  void do_duties(Nanoseconds now);
  DutyView duty_view(Nanoseconds now) const;
  void watch_space(Nanoseconds now);
  void publish_self(Nanoseconds now);
  std::string agreed_version() const;
  void tell_checkpoint();
  void follow_standing();
  void tell_of_lost_log();
  [[noreturn]] void leave_as_lost();
  Result<Index> propose_own(const Command& command);
  void announce(Command command, Nanoseconds now);
  void fail_overdue(Nanoseconds now);
  void watch_transfer(Nanoseconds now);
  const char* timeout_text(Nanoseconds started, Nanoseconds now, const Connections& connections) const;

  Parts parts_;
  peer::Transport* transport_ = nullptr;
  std::function<void()> on_removed_;
  raft::Raft raft_;
  LogKeeper log_keeper_;
  LeaderDuties duties_;
  Proposals proposals_;
  bool idle_due_ = false;  // something changed since idle proposals were offered to a leader
  Reads reads_;
  std::map<raft::ReadToken, std::pair<MemberId, uint64_t>> asked_by_others_;  // and their tokens
  std::optional<Transfer> transfer_;
  std::map<MemberId, Index> snapshots_under_way_;  // to whom, and what each holds
  uint64_t newest_snapshot_ = 0;                   // its number
  ApplyQueue::Batch handed_over_;
  Nanoseconds next_tick_{0};
  std::optional<Nanoseconds> campaign_at_;
  Nanoseconds campaign_delay_{0};  // the bound by which that was drawn
  Nanoseconds last_slow_duties_{0};
  Nanoseconds last_publish_{0};
  uint64_t wal_bytes_checked_ = 0;  // NodeCounts::wal_bytes when the disk's space was last looked at
  bool leading_ = false;
  Term stamped_in_;  // the term of the newest stamp given
  MemberId leader_;  // as follow_leader() saw it last
  Nanoseconds leader_found_at_{0};
  LogStanding standing_;  // as the data directory has it
  SyncWatch sync_watch_;
  RaftView view_;
};

}  // namespace viaduct::server
