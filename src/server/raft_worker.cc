#include "server/raft_worker.h"

#include <algorithm>

#include "base/log.h"
#include "server/reconfiguration.h"
#include "server/refuse.h"
#include "server/stamped.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using std::chrono::nanoseconds;
using v3bridge::Refusal;

constexpr std::chrono::seconds kSlowSync{1};
constexpr std::chrono::seconds kNoLeadershipAfterStall{60};  // CC-14

}  // namespace

RaftWorker::RaftWorker(const Parts& parts, raft::Raft raft)
    : parts_(parts),
      raft_(std::move(raft)),
      log_keeper_(parts.wal, parts.store, raft_, parts.maintenance, parts.inbox, parts.options, parts.counts),
      duties_(parts.store, parts.apply_counts, parts.options.self.id, parts.options.duties),
      proposals_(parts.options.self.id, parts.incarnation, {}),
      reads_(parts.random.next()),
      standing_(raft_.quarantined() ? LogStanding::kQuarantined : LogStanding::kWhole) {
  view_.show(raft_);  // what was recovered
}

void RaftWorker::connect(peer::Transport& transport, std::function<void()> on_removed) {
  transport_ = &transport;
  on_removed_ = std::move(on_removed);
}

void RaftWorker::run() {
  if (is_alone()) raft_.campaign();  // nobody else could win
  Inbox::Batch batch;
  bool closed = false;
  while (!closed) {
    const nanoseconds next = campaign_at_ ? std::min(*campaign_at_, next_tick_) : next_tick_;
    parts_.inbox.take(batch, std::max(nanoseconds(0), next - parts_.clock.monotonic()));
    closed = parts_.inbox.closed();
    turn(batch);
  }
  const auto refuse_all = [&](std::vector<CompletionPtr> waiting) {
    for (CompletionPtr& completion : waiting) refuse(std::move(completion), Refusal::Kind::kStopped, kStoppedText);
  };
  refuse_all(proposals_.all());
  refuse_all(reads_.all());
  if (transfer_) end_transfer(false);
}

void RaftWorker::turn(Inbox::Batch& batch) {
  for (const std::function<void()>& function : batch.functions) function();
  batch.functions.clear();
  const Index applied = parts_.apply_worker.applied();
  take_configurations(applied);
  raft_.applied(applied);
  take_received(batch.received);
  take_proposals(batch.proposals);
  take_reads(batch.reads);
  pass_time(parts_.clock.monotonic());
  drive();
}

void RaftWorker::take_proposals(std::vector<Proposal>& proposals) {
  if (proposals.empty()) return;
  const nanoseconds now = parts_.clock.monotonic();
  const nanoseconds deadline = now + request_timeout(parts_.options);
  const Stamp stamp = leads() ? next_stamp() : Stamp();
  for (Proposal& proposal : proposals) {
    Proposals::Waiting waiting;
    waiting.id = proposal.id;
    waiting.type = proposal.type;
    waiting.data = std::move(proposal.data);
    waiting.started = now;
    waiting.deadline = deadline;
    waiting.completion = std::move(proposal.completion);
    if (leads() ? append(waiting, stamp) == Taken::kMustWait : !is_refused_here(waiting)) keep(std::move(waiting));
  }
  proposals.clear();
}

// Of a leader.
Stamp RaftWorker::next_stamp() {
  const nanoseconds now = parts_.clock.monotonic();
  if (std::exchange(stamped_in_, raft_.term()) != raft_.term()) parts_.cluster_clock.lead(newest_stamp(), now);
  return parts_.cluster_clock.next_stamp(now, parts_.clock.wall_ns());
}

// In the log, or of the state that it goes on from. The entries that begin a term have none.
Stamp RaftWorker::newest_stamp() const {
  const raft::Log& log = raft_.log();
  for (Index index = log.last_index(); index > log.base().index; index = index.previous()) {
    const EntryPtr entry = log.is_cached(index) ? log.entry(index) : read_entry(index);
    if (const std::optional<Stamp> stamp = read_stamp(entry->data)) return *stamp;
  }
  const store::Store::ReadLock lock(parts_.store);
  return parts_.store.applied().stamp;
}

EntryPtr RaftWorker::read_entry(Index index) const {
  Result<std::vector<Entry>> read = parts_.wal.read(index, index.next(), 0);
  if (!read) fatal("wal: cannot read: " + read.error().message);
  return std::make_shared<const Entry>(std::move(read->front()));
}

// What this member cannot append itself: forwarded if a leader is known, else it waits for one.
void RaftWorker::keep(Proposals::Waiting waiting) {
  if (!proposals_.has_room(waiting.data.size()))
    return refuse(std::move(waiting.completion), Refusal::Kind::kTooManyRequests, kTooManyRequestsText);
  if (!leads() && raft_.leader()) forward(waiting);
  proposals_.keep(std::move(waiting));
}

// This member leads. kMustWait: for the end of a leadership transfer, or of an earlier membership change.
RaftWorker::Taken RaftWorker::append(Proposals::Waiting& waiting, const Stamp& stamp) {
  if (raft_.transferring()) return Taken::kMustWait;
  if (waiting.entry) waiting.data = waiting.entry->data;  // was in the log of an earlier term
  write_stamp(waiting.data, stamp);
  return waiting.type == EntryType::kCommand ? append_command(waiting) : append_change(waiting);
}

RaftWorker::Taken RaftWorker::append_command(Proposals::Waiting& waiting) {
  const Result<Index> index = raft_.propose(std::move(waiting.data));
  if (index) return appended(waiting, *index);
  refuse(std::move(waiting.completion), Refusal::Kind::kTooManyRequests, kTooManyRequestsText);
  return Taken::kRefused;
}

RaftWorker::Taken RaftWorker::append_change(Proposals::Waiting& waiting) {
  if (is_refused_here(waiting)) return Taken::kRefused;
  const Result<Index> index = raft_.propose_configuration(waiting.data);
  return index ? appended(waiting, *index) : Taken::kMustWait;
}

// A change of members that this member sees no quorum for: then its client has its answer.
bool RaftWorker::is_refused_here(Proposals::Waiting& waiting) {
  if (waiting.type == EntryType::kCommand) return false;
  const std::optional<Refusal> refusal = refuse_change(waiting.data);
  if (refusal) refuse(std::move(waiting.completion), refusal->kind, refusal->text);
  return refusal.has_value();
}

RaftWorker::Taken RaftWorker::appended(Proposals::Waiting& waiting, Index index) {
  duties_.stamped(waiting.started);
  waiting.data.clear();
  waiting.entry = raft_.log().entry(index);
  waiting.index = index;
  waiting.sent = raft_.term();
  proposals_.appended(std::move(waiting));
  return Taken::kAppended;
}

void RaftWorker::take_reads(std::vector<CompletionPtr>& reads) {
  if (reads.empty()) return;
  reads_.add(std::move(reads), parts_.clock.monotonic() + request_timeout(parts_.options));
  reads.clear();
}

// Batches that nobody has been asked about, or not the right one: here if this member leads, else the leader.
void RaftWorker::ask_for_reads() {
  if (reads_.empty() || !raft_.leader()) return;
  const nanoseconds now = parts_.clock.monotonic();
  for (Reads::Batch* const batch : reads_.to_ask(raft_.leader(), raft_.term(), now)) {
    Reads::Question question{raft_.leader(), raft_.term(), 0};
    if (leads()) {
      const Result<raft::ReadToken> token = raft_.read_index();
      if (!token) return;  // asked again in a later turn
      question.token = token->value;
    } else {
      question.token = reads_.next_token();
      send(raft_.leader(), peer::ReadIndexRequest{question.token});
    }
    if (batch->asked) parts_.counts.reads_asked_again.fetch_add(1, std::memory_order_relaxed);
    batch->asked = question;
    batch->asked_at = now;
  }
}

void RaftWorker::settle_reads(const std::vector<raft::ReadResult>& results) {
  for (const raft::ReadResult& result : results) {
    const auto asked = asked_by_others_.find(result.token);
    if (asked == asked_by_others_.end()) {
      reads_.answered(raft_.id(), result.token.value, result.index);
      continue;
    }
    send(asked->second.first, peer::ReadIndexReply{asked->second.second, result.index});
    asked_by_others_.erase(asked);
  }
}

void RaftWorker::release_reads() {
  if (reads_.empty()) return;
  for (Reads::Ready& ready : reads_.ready(raft_.log().commit())) {
    for (CompletionPtr& read : ready.reads) handed_over_.reads.push_back({ready.index, std::move(read)});
  }
}

void RaftWorker::drive() {
  bool wrote = false;
  propose_idle();
  ask_for_reads();
  while (raft_.has_ready()) {
    raft::Ready ready = raft_.ready();
    view_.show(raft_);  // before anyone can hear of it
    send_all(ready.messages_now);
    if (ready.must_sync()) {
      write(ready);
      wrote = true;
    }
    send_all(ready.messages_synced);
    raft_.persisted(ready.sequence);
    hand_over(ready);
  }
  view_.show(raft_);
  parts_.counts.proposals_pending.store(proposals_.size(), std::memory_order_relaxed);
  if (!wrote) return;
  log_keeper_.step(parts_.apply_worker.applied(), log_needs());
  if (!parts_.inbox.empty()) return;
  if (const Result<void> marked = parts_.wal.write_end_mark(); !marked) fatal("wal: " + marked.error().message);
}

void RaftWorker::write(const raft::Ready& ready) {
  const nanoseconds begin = parts_.clock.monotonic();
  sync_watch_.begin(begin);
  if (const Result<void> appended = parts_.wal.append(ready.entries, ready.hard_state); !appended) {
    fatal("wal: cannot append: " + appended.error().message);
  }
  if (const Result<void> synced = parts_.wal.sync(); !synced) fatal("wal: cannot sync: " + synced.error().message);
  sync_watch_.end();
  const nanoseconds took = parts_.clock.monotonic() - begin;
  if (parts_.observer) parts_.observer->wal_synced(took);
  if (took > kSlowSync) log::warn("wal: sync took more than 1s", {{"took_ms", took / std::chrono::milliseconds(1)}});
  if (took > 2 * parts_.options.election_timeout)
    raft_.disk_stalled(static_cast<uint32_t>(kNoLeadershipAfterStall / parts_.options.heartbeat_interval));
  log_keeper_.appended(ready.entries);
}

void RaftWorker::hand_over(raft::Ready& ready) {
  const nanoseconds now = parts_.clock.monotonic();
  const uint64_t cluster_ms = parts_.cluster_clock.estimate_ms(now);
  for (EntryPtr& entry : ready.committed) {
    if (const auto stamp = read_stamp(entry->data)) {
      duties_.handed_over(stamp->cluster_ms, cluster_ms, now);
      parts_.cluster_clock.observe(*stamp, now);
    }
    const size_t idle_before = proposals_.idle();
    CompletionPtr completion = proposals_.committed(*entry);
    if (proposals_.idle() > idle_before) idle_due_ = true;
    handed_over_.entries.push_back({std::move(entry), std::move(completion)});
  }
  settle_reads(ready.reads);
  release_reads();
  for (const raft::Fetch& wanted : ready.fetches) fetch(wanted);
  for (const MemberId to : ready.snapshots) send_snapshot(to);
  if (idle_due_) propose_idle();
  if (handed_over_.empty()) return;
  // A member among others must not be held up by its store: heartbeats have to go out.
  const bool alone = is_alone() && proposals_.empty() && parts_.inbox.empty();
  parts_.apply_worker.submit(handed_over_, alone);
}

void RaftWorker::refuse(CompletionPtr completion, Refusal::Kind kind, std::string text) {
  if (!completion) return;
  parts_.counts.proposals_failed.fetch_add(1, std::memory_order_relaxed);
  if (kind == Refusal::Kind::kTooManyRequests) parts_.counts.requests_too_many.fetch_add(1, std::memory_order_relaxed);
  server::refuse(std::move(completion), kind, std::move(text));
}

}  // namespace viaduct::server
