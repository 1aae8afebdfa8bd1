// The raft thread's dealings with the other members.
#include <algorithm>

#include "base/log.h"
#include "base/mark.h"
#include "server/membership.h"
#include "server/peer_snapshot_source.h"
#include "server/raft_worker.h"
#include "server/reconfiguration.h"
#include "server/refuse.h"
#include "server/stamped.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using std::chrono::nanoseconds;
using v3bridge::Refusal;

constexpr std::chrono::milliseconds kMaxCampaignDelay{50};  // RF-1
constexpr std::chrono::seconds kHealthyAfter{5};            // that long connected

uint8_t number_of(Refusal::Kind kind) { return static_cast<uint8_t>(kind); }

}  // namespace

// --- what they say ---

void RaftWorker::take_received(std::vector<ReceivedFrames>& received) {
  for (ReceivedFrames& batch : received) {
    for (peer::Frame& frame : batch.frames) std::visit([&](auto& body) { on(batch.from, std::move(body)); }, frame);
  }
  received.clear();
}

void RaftWorker::on(MemberId from, peer::RaftFrame&& frame) {
  if (frame.message.from != from) return;  // raft counts what is not for this member; this is not even from that one
  const Term term = frame.message.term;
  raft_.step(std::move(frame.message));
  if (raft_.leader() == from && raft_.term() == term)
    parts_.cluster_clock.heard(frame.cluster_ms, parts_.clock.monotonic());
}

// A follower's command: appended if this member leads in the term in which it was sent, so that the follower can tell
// later that it was not (D8).
void RaftWorker::on(MemberId from, peer::ForwardedCommand&& forwarded) {
  const auto say_no = [&](uint8_t kind, const std::string& text) {
    send(from, peer::ForwardRefused{forwarded.id, forwarded.term, kind, text});
  };
  if (!leads() || raft_.term() != forwarded.term || raft_.transferring() || forwarded.data.size() < kStampBytes)
    return say_no(peer::ForwardRefused::kNotLeader, {});
  write_stamp(forwarded.data, next_stamp());
  duties_.stamped(parts_.clock.monotonic());
  if (forwarded.type == EntryType::kCommand) {
    if (!raft_.propose(std::move(forwarded.data)))
      say_no(number_of(Refusal::Kind::kTooManyRequests), kTooManyRequestsText);
    return;
  }
  if (const std::optional<Refusal> refusal = refuse_change(forwarded.data))
    return say_no(number_of(refusal->kind), refusal->text);
  if (!raft_.propose_configuration(std::move(forwarded.data))) say_no(peer::ForwardRefused::kNotLeader, {});
}

void RaftWorker::on(MemberId, peer::ForwardRefused&& refused) {
  if (refused.kind == peer::ForwardRefused::kNotLeader) return proposals_.not_appended(refused.id, refused.term);
  refuse(proposals_.refused(refused.id, refused.term), static_cast<Refusal::Kind>(refused.kind),
         std::move(refused.text));
}

void RaftWorker::on(MemberId from, peer::ReadIndexRequest&& request) {
  const Result<raft::ReadToken> token = raft_.read_index();
  if (!token) return send(from, peer::ReadIndexReply{request.token, std::nullopt});
  asked_by_others_[*token] = {from, request.token};
}

void RaftWorker::on(MemberId from, peer::ReadIndexReply&& reply) {
  reads_.answered(from, reply.token, reply.index);
  release_reads();
}

void RaftWorker::on(MemberId from, peer::Checkpoint&& checkpoint) {
  if (!leads()) return;
  const size_t voters = raft_.configuration().voters.size();
  for (const MemberId wrong : parts_.checkpoints.compare(raft_.id(), from, checkpoint, voters)) {
    const std::vector<v3bridge::ActiveAlarm> alarms = v3bridge::active_alarms(parts_.store);
    const bool is_raised = std::any_of(alarms.begin(), alarms.end(), [&](const v3bridge::ActiveAlarm& alarm) {
      return alarm.kind == "CORRUPT" && alarm.member == wrong;
    });
    if (is_raised) continue;
    log::error("members have applied the same log and differ",
               {{"index", checkpoint.index.value}, {"wrong", to_hex(wrong.value)}});
    Command command;
    command.mutable_alarm()->set_member(wrong.value);
    command.mutable_alarm()->set_kind(Alarm::CORRUPT);
    command.mutable_alarm()->set_raise(true);
    (void)propose_own(command);
  }
}

void RaftWorker::on(MemberId from, peer::LogLost&&) {
  if (from == raft_.leader()) leave_as_lost();
}

// --- what they are told ---

void RaftWorker::send(MemberId to, peer::Frame frame) {
  if (transport_) transport_->send(to, std::move(frame));
}

void RaftWorker::send_all(std::vector<raft::Message>& messages) {
  if (messages.empty() || !transport_) return;
  const uint64_t cluster_ms = parts_.cluster_clock.estimate_ms(parts_.clock.monotonic());
  for (raft::Message& message : messages) {
    const MemberId to = message.to;
    transport_->send(to, peer::RaftFrame{std::move(message), cluster_ms});
  }
  messages.clear();
}

void RaftWorker::forward(Proposals::Waiting& waiting) {
  waiting.sent = raft_.term();
  const std::string& data = waiting.entry ? waiting.entry->data : waiting.data;
  send(raft_.leader(), peer::ForwardedCommand{waiting.id, waiting.sent, waiting.type, data});
}

// Proposals that were not under way find a leader, once there is one: this member or another.
void RaftWorker::propose_idle() {
  if (!std::exchange(idle_due_, false) || proposals_.idle() == 0 || !raft_.leader()) return;
  const Stamp stamp = leads() ? next_stamp() : Stamp();
  proposals_.each_idle([&](Proposals::Waiting& waiting) {
    if (!leads()) {
      forward(waiting);
      return Proposals::Fate::kStays;
    }
    return append(waiting, stamp) == Taken::kMustWait ? Proposals::Fate::kStays : Proposals::Fate::kTaken;
  });
}

void RaftWorker::fetch(const raft::Fetch& wanted) {
  const Result<std::vector<Entry>> read =
      parts_.wal.read(wanted.first, parts_.wal.last_index().next(), wanted.max_bytes);
  std::vector<EntryPtr> entries;
  if (read) {
    for (const Entry& entry : *read) entries.push_back(std::make_shared<const Entry>(entry));
  } else if (read.error().code != Code::kCompacted) {
    fatal("wal: cannot read: " + read.error().message);
  }
  raft_.fetched(wanted, std::move(entries));
}

void RaftWorker::send_snapshot(MemberId to) {
  if (!transport_) return raft_.snapshot_sent(to, std::nullopt);
  peer::SnapshotName name;
  name.sender = raft_.id();
  name.incarnation = parts_.incarnation;
  name.number = ++newest_snapshot_;
  name.leader_term = raft_.term();
  auto source = std::make_unique<PeerSnapshotSource>(parts_.store, parts_.options.cluster_id, name);
  log::info("sending a snapshot", {{"to", to_hex(to.value)}, {"index", source->name().index.value}});
  snapshots_under_way_[to] = source->name().index;
  transport_->send_snapshot(to, std::move(source));
}

void RaftWorker::on_snapshot_sent(MemberId to, std::optional<Index> index) {
  log::info(index ? "a snapshot was installed" : "a snapshot was not sent", {{"to", to_hex(to.value)}});
  snapshots_under_way_.erase(to);
  raft_.snapshot_sent(to, index);
}

// Those in contact shall be able to go on by the log.
LogNeeds RaftWorker::log_needs() const {
  LogNeeds needs;
  const auto add = [&](const std::vector<MemberId>& ids) {
    for (const MemberId id : ids) {
      const raft::Progress* const progress = raft_.progress(id);
      if (progress && progress->active) needs.follower = std::min(needs.follower, progress->match());
    }
  };
  add(raft_.configuration().voters);
  add(raft_.configuration().learners);
  for (const auto& [to, index] : snapshots_under_way_) needs.snapshot = std::min(needs.snapshot, index);
  return needs;
}

// The order is CC-9's: the pointer to the new state, the log's mark, then raft and the readers.
void RaftWorker::install(ReceivedState state, Installer::Done done) {
  const raft::EntryId last{state.header.index, state.header.term};
  if (last.index <= raft_.log().commit()) {
    VIADUCT_MARK("node: a snapshot comes too late");
    return done(Error{Code::kAlreadyExists, "the log goes further already"});
  }
  if (const Result<void> switched = state.switch_over(); !switched) return done(switched);
  VIADUCT_MARK("node: a new state has no mark yet");
  HardState hard = raft_.hard_state();
  if (last.term > hard.term) hard = {last.term, MemberId(), {}};
  hard.commit = last.index;
  if (const Result<void> marked = parts_.wal.mark({last.index, last.term}, hard); !marked)
    fatal("wal: cannot mark: " + marked.error().message);
  const std::vector<v3bridge::Member> members = v3bridge::members(*state.store);
  raft_.installed(last, configuration_of(members));
  follow_members(members);
  for (CompletionPtr& unknown : proposals_.covered(last.index, last.term)) {
    VIADUCT_MARK("node: a snapshot covers a command that waits for its answer");
    refuse(std::move(unknown), Refusal::Kind::kTimeout, kTimedOutByLeaderLossText);
  }
  VIADUCT_MARK("node: a snapshot is installed");
  log::info("installed a snapshot", {{"index", last.index.value}, {"term", last.term.value}});
  parts_.apply_worker.install(
      {std::move(state.store), std::move(state.retire), [done = std::move(done)] { done({}); }});
}

// --- who they are ---

void RaftWorker::take_configurations(Index applied) {
  for (const AppliedConfigurations::Members& members : parts_.configurations.take(raft_.log().applied(), applied)) {
    if (!parts_.publisher.accepts(members)) continue;
    raft_.apply_configuration(configuration_of(members));
    follow_members(members);
  }
}

void RaftWorker::follow_members(const std::vector<v3bridge::Member>& members) {
  idle_due_ = true;  // a change that waited for this one may go on
  if (!transport_) return;
  transport_->set_peers(peers_of(members, raft_.id()));
  const bool is_removed = v3bridge::is_removed(parts_.store, raft_.id());
  if (is_removed && on_removed_) std::exchange(on_removed_, {})();
}

RaftWorker::Connections RaftWorker::connected_for() const {
  Connections connections;
  if (!transport_) return connections;
  for (const peer::PeerFigures& figures : transport_->figures()) {
    if (figures.connected) connections[figures.id] = figures.connected_for;
  }
  return connections;
}

std::optional<Refusal> RaftWorker::refuse_change(const std::string& data) const {
  Command command;
  if (!parse_command(data, command) || !is_membership_change(command))
    return Refusal{Refusal::Kind::kUnhealthy, "etcdserver: not a membership change"};
  const Connections connected = connected_for();
  ClusterView view;
  view.members = v3bridge::members(parts_.store);
  view.self = raft_.id();
  view.leads = leads();
  view.strict = parts_.options.strict_reconfig;
  view.is_active = [&](MemberId id) { return connected.contains(id); };
  view.is_active_long = [&](MemberId id) { return connected.contains(id) && connected.at(id) >= kHealthyAfter; };
  view.is_in_step = [&](MemberId id) {
    const raft::Progress* const progress = raft_.progress(id);
    return progress && connected.contains(id) && progress->match().value * 10 >= raft_.log().last_index().value * 9;
  };
  return server::refuse_change(view, command);
}

// Its process is gone: waiting for a timeout would only lose time (RF-1).
void RaftWorker::on_gone(MemberId id) {
  if (!id || id != raft_.leader()) return;
  log::info("raft: the leader's links are closed and refused", {{"leader", to_hex(id.value)}});
  raft_.forget_leader();
  if (raft_.leader()) return;
  campaign_within(kMaxCampaignDelay);
}

void RaftWorker::move_leader(MemberId target, CompletionPtr completion) {
  if (!leads()) return refuse(std::move(completion), Refusal::Kind::kNotLeader, "etcdserver: not leader");
  const auto waiting = std::make_shared<CompletionPtr>(std::move(completion));
  const Result<void> begun = begin_transfer(target, [this, waiting](bool moved) {
    if (moved) return confirm(std::move(*waiting));
    refuse(std::move(*waiting), Refusal::Kind::kTransferTimeout, kTransferTimedOutText);
  });
  if (!begun) refuse(std::move(*waiting), Refusal::Kind::kBadTransferee, "etcdserver: bad leader transferee");
}

void RaftWorker::leave_leadership(std::function<void()> done) {
  std::optional<MemberId> best;
  for (const MemberId voter : raft_.configuration().voters) {
    const raft::Progress* const progress = raft_.progress(voter);
    if (progress && (!best || raft_.progress(*best)->match() < progress->match())) best = voter;
  }
  if (!leads() || !best || !begin_transfer(*best, [done](bool) { done(); })) done();
}

Result<void> RaftWorker::begin_transfer(MemberId target, std::function<void(bool moved)> done) {
  VIADUCT_TRY(raft_.transfer_leadership(target));
  if (transfer_) end_transfer(false);
  transfer_ = Transfer{target, parts_.clock.monotonic() + request_timeout(parts_.options), std::move(done)};
  return {};
}

void RaftWorker::end_transfer(bool moved) {
  const Transfer ended = *std::exchange(transfer_, std::nullopt);
  idle_due_ = true;
  ended.done(moved);
}

}  // namespace viaduct::server
