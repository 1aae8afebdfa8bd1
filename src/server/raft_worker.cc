#include "server/raft_worker.h"

#include <algorithm>

#include "base/log.h"
#include "server/refuse.h"
#include "server/stamped.h"
#include "v3bridge/admin.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using std::chrono::nanoseconds;
using v3bridge::Refusal;

constexpr std::chrono::seconds kSlowDutyInterval{1};
constexpr std::chrono::seconds kSlowSync{1};
constexpr uint64_t kSpaceCheckBytes = 4 << 20;  // appended before the disk's space is looked at ahead of time

constexpr const char* kTimedOut = "etcdserver: request timed out";
constexpr const char* kTimedOutByLeaderLoss = "etcdserver: request timed out, possibly due to previous leader failure";
constexpr const char* kNoLeader = "etcdserver: no leader";

}  // namespace

// A proposal in the log, until its entry is committed.
struct RaftWorker::Pending {
  Index index;
  Term term;
  nanoseconds deadline;
  CompletionPtr completion;  // null once it was told that time is up
};

// Raft's state as other threads may see it.
struct RaftWorker::Status {
  std::atomic<uint64_t> term{0}, commit{0}, leader{0}, vote{0};
  std::atomic<v3bridge::RaftRole> role{v3bridge::RaftRole::kFollower};
  std::atomic<int64_t> leader_since_wall_ns{0};
  std::atomic<bool> leads_alone{false};
};

RaftWorker::RaftWorker(const Parts& parts, raft::Raft raft)
    : parts_(parts),
      raft_(std::move(raft)),
      log_keeper_(parts.wal, parts.store, raft_, parts.maintenance, parts.inbox, parts.options.snapshot_count, parts.counts),
      duties_(parts.store, parts.apply_counts, parts.options.self.id, parts.options.duties),
      status_(std::make_unique<Status>()) {}

RaftWorker::~RaftWorker() = default;

void RaftWorker::run() {
  if (raft_.configuration().voters.size() == 1) raft_.campaign();  // nobody else could win
  Inbox::Batch batch;
  bool closed = false;
  while (!closed) {
    parts_.inbox.take(batch, std::max(nanoseconds(0), next_tick_ - parts_.clock.monotonic()));
    closed = parts_.inbox.closed();
    turn(batch);
  }
  for (Pending& pending : pending_) refuse(std::move(pending.completion), Refusal::Kind::kStopped, kStoppedText);
  for (auto& [token, completion] : reads_) refuse(std::move(completion), Refusal::Kind::kStopped, kStoppedText);
}

void RaftWorker::turn(Inbox::Batch& batch) {
  for (const std::function<void()>& function : batch.functions) function();
  batch.functions.clear();
  raft_.applied(parts_.apply_worker.applied());
  take_proposals(batch.proposals);
  take_reads(batch.reads);
  pass_time(parts_.clock.monotonic());
  drive();
}

void RaftWorker::take_proposals(std::vector<Proposal>& proposals) {
  if (proposals.empty()) return;
  const nanoseconds now = parts_.clock.monotonic();
  const Stamp stamp = parts_.cluster_clock.next_stamp(now, parts_.clock.wall_ns());
  const nanoseconds deadline = now + request_timeout(parts_.options);
  for (Proposal& proposal : proposals) {
    write_stamp(proposal.data, stamp);
    const Result<Index> index = raft_.propose(std::move(proposal.data));
    if (index) {
      pending_.push_back({*index, raft_.term(), deadline, std::move(proposal.completion)});
    } else if (index.error().code == Code::kTooManyRequests) {
      refuse(std::move(proposal.completion), Refusal::Kind::kTooManyRequests, kTooManyRequestsText);
    } else {
      refuse(std::move(proposal.completion), Refusal::Kind::kNoLeader, kNoLeader);
    }
  }
  duties_.stamped(now);
  proposals.clear();
}

void RaftWorker::take_reads(std::vector<CompletionPtr>& reads) {
  for (CompletionPtr& read : reads) {
    const Result<raft::ReadToken> token = raft_.read_index();
    if (token) {
      reads_.emplace_back(*token, std::move(read));
    } else {
      refuse(std::move(read), Refusal::Kind::kNoLeader, kNoLeader);
    }
  }
  reads.clear();
}

void RaftWorker::drive() {
  bool wrote = false;
  while (raft_.has_ready()) {
    raft::Ready ready = raft_.ready();
    if (ready.must_sync()) {
      write(ready);
      wrote = true;
    }
    raft_.persisted(ready.sequence);
    hand_over(ready);
  }
  show_status();
  if (!wrote) return;
  log_keeper_.step(parts_.apply_worker.applied());
  if (!parts_.inbox.empty()) return;
  if (const Result<void> marked = parts_.wal.write_end_mark(); !marked) fatal("wal: " + marked.error().message);
}

void RaftWorker::write(const raft::Ready& ready) {
  if (const Result<void> appended = parts_.wal.append(ready.entries, ready.hard_state); !appended) {
    fatal("wal: cannot append: " + appended.error().message);
  }
  const nanoseconds begin = parts_.clock.monotonic();
  if (const Result<void> synced = parts_.wal.sync(); !synced) fatal("wal: cannot sync: " + synced.error().message);
  const nanoseconds took = parts_.clock.monotonic() - begin;
  if (parts_.observer) parts_.observer->wal_synced(took);
  if (took > kSlowSync) log::warn("wal: sync took more than 1s", {{"took_ms", took / std::chrono::milliseconds(1)}});
  log_keeper_.appended(ready.entries);
}

void RaftWorker::hand_over(raft::Ready& ready) {
  const uint64_t now_ms = parts_.cluster_clock.estimate_ms(parts_.clock.monotonic());
  for (EntryPtr& entry : ready.committed) {
    if (const auto stamp = read_stamp(entry->data)) duties_.handed_over(stamp->cluster_ms, now_ms);
    CompletionPtr completion = waiting_for(*entry);
    handed_over_.entries.push_back({std::move(entry), std::move(completion)});
  }
  for (const raft::ReadResult& result : ready.reads) settle_read(result, handed_over_);
  if (handed_over_.empty()) return;
  // A member among others must not be held up by its store: heartbeats have to go out.
  const bool alone = raft_.configuration().voters.size() == 1 && pending_.empty() && parts_.inbox.empty();
  parts_.apply_worker.submit(handed_over_, alone);
}

// Who proposed this entry here. An entry of another term at that index means that the proposal was lost.
RaftWorker::CompletionPtr RaftWorker::waiting_for(const Entry& entry) {
  if (pending_.empty() || pending_.front().index != entry.index) return nullptr;
  Pending pending = std::move(pending_.front());
  pending_.pop_front();
  if (pending.term == entry.term) return std::move(pending.completion);
  refuse(std::move(pending.completion), Refusal::Kind::kTimeout, kTimedOutByLeaderLoss);
  return nullptr;
}

void RaftWorker::settle_read(const raft::ReadResult& result, ApplyQueue::Batch& batch) {
  const auto read = std::find_if(reads_.begin(), reads_.end(), [&](const auto& r) { return r.first == result.token; });
  if (read == reads_.end()) return;
  if (result.index) {
    batch.reads.push_back({*result.index, std::move(read->second)});
  } else {
    refuse(std::move(read->second), Refusal::Kind::kTimeout, kTimedOutByLeaderLoss);
  }
  reads_.erase(read);
}

void RaftWorker::pass_time(nanoseconds now) {
  follow_role(now);
  const uint64_t wal_bytes = parts_.counts.wal_bytes.load(std::memory_order_relaxed);
  if (leading_ && wal_bytes - wal_bytes_checked_ >= kSpaceCheckBytes) watch_space(now);
  if (now < next_tick_) return;
  next_tick_ = now + parts_.options.heartbeat_interval;
  raft_.tick();
  fail_overdue(now);
  if (leading_) do_duties(now);
}

void RaftWorker::follow_role(nanoseconds now) {
  const bool leads = raft_.role() == raft::Role::kLeader;
  if (leads == leading_) return;
  leading_ = leads;
  if (!leads) return parts_.cluster_clock.stand_still(now);
  parts_.cluster_clock.run(now);
  parts_.counts.leader_changes.fetch_add(1, std::memory_order_relaxed);
  status_->leader_since_wall_ns = parts_.clock.wall_ns();
  log::info("raft: became leader", {{"member", to_hex(raft_.id().value)}, {"term", raft_.term().value}});
}

void RaftWorker::do_duties(nanoseconds now) {
  const DutyView view = duty_view(now);
  publish_self();
  if (const auto command = duties_.expire(view)) {
    if (const Result<Index> index = propose_own(*command)) duties_.expiry_proposed(*index);
  }
  if (const auto command = duties_.keep_time(view)) (void)propose_own(*command);
  if (now - last_slow_duties_ < kSlowDutyInterval) return;
  last_slow_duties_ = now;
  if (const auto command = duties_.compact(view)) (void)propose_own(*command);
  watch_space(now);
}

DutyView RaftWorker::duty_view(nanoseconds now) const {
  return {now, parts_.cluster_clock.estimate_ms(now), parts_.apply_worker.applied(), 0, false};
}

void RaftWorker::watch_space(nanoseconds now) {
  wal_bytes_checked_ = parts_.counts.wal_bytes.load(std::memory_order_relaxed);
  const Result<uint64_t> free = parts_.disk.free_bytes(parts_.options.data_directory);
  if (!free) return log::warn("cannot tell how much disk space is left", {{"error", free.error().message}});
  DutyView view = duty_view(now);
  view.free_disk_bytes = *free;
  const std::vector<v3bridge::ActiveAlarm> alarms = v3bridge::active_alarms(parts_.store);
  view.no_space_raised = std::any_of(alarms.begin(), alarms.end(), [&](const v3bridge::ActiveAlarm& alarm) {
    return alarm.kind == "NOSPACE" && alarm.member == parts_.options.self.id;
  });
  if (const auto command = duties_.watch_space(view)) (void)propose_own(*command);
}

void RaftWorker::publish_self() {
  for (const Command& command : parts_.publisher.step(parts_.apply_worker.applied())) {
    if (const Result<Index> index = propose_own(command)) parts_.publisher.proposed(*index);
  }
}

// The leader's own proposals give room back or cost none, so they pass where clients have to wait.
Result<Index> RaftWorker::propose_own(const Command& command) {
  const nanoseconds now = parts_.clock.monotonic();
  std::string data = serialize_unstamped(command);
  write_stamp(data, parts_.cluster_clock.next_stamp(now, parts_.clock.wall_ns()));
  Result<Index> index = raft_.propose(std::move(data), raft::Priority::kCleanup);
  if (index) duties_.stamped(now);
  return index;
}

void RaftWorker::fail_overdue(nanoseconds now) {
  for (Pending& pending : pending_) {
    if (pending.deadline > now) break;
    refuse(std::move(pending.completion), Refusal::Kind::kTimeout, kTimedOut);
  }
}

void RaftWorker::refuse(CompletionPtr completion, Refusal::Kind kind, const char* text) {
  if (!completion) return;
  parts_.counts.proposals_failed.fetch_add(1, std::memory_order_relaxed);
  if (kind == Refusal::Kind::kTooManyRequests) parts_.counts.requests_too_many.fetch_add(1, std::memory_order_relaxed);
  server::refuse(std::move(completion), kind, text);
}

void RaftWorker::show_status() {
  status_->term.store(raft_.term().value, std::memory_order_relaxed);
  status_->commit.store(raft_.log().commit().value, std::memory_order_relaxed);
  status_->leader.store(raft_.leader().value, std::memory_order_relaxed);
  status_->vote.store(raft_.hard_state().vote.value, std::memory_order_relaxed);
  status_->role.store(static_cast<v3bridge::RaftRole>(raft_.role()), std::memory_order_relaxed);
  status_->leads_alone.store(raft_.leads_alone(), std::memory_order_release);
  parts_.counts.proposals_pending.store(pending_.size(), std::memory_order_relaxed);
}

bool RaftWorker::leads_alone() const { return status_->leads_alone.load(std::memory_order_acquire); }

v3bridge::RaftStatus RaftWorker::status() const {
  v3bridge::RaftStatus status;
  status.term = Term(status_->term.load(std::memory_order_relaxed));
  status.commit = Index(status_->commit.load(std::memory_order_relaxed));
  status.leader = MemberId(status_->leader.load(std::memory_order_relaxed));
  status.vote = MemberId(status_->vote.load(std::memory_order_relaxed));
  status.role = status_->role.load(std::memory_order_relaxed);
  status.leader_since_wall_ns = status_->leader_since_wall_ns.load(std::memory_order_relaxed);
  return status;
}

}  // namespace viaduct::server
