// What the raft thread does because time has passed: ticks, deadlines, the duties of a leader and of every member.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "server/incarnation_file.h"
#include "server/peer_snapshot_sink.h"
#include "server/raft_worker.h"
#include "server/reconfiguration.h"
#include "server/refuse.h"
#include "server/series.h"
#include "server/stamped.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using std::chrono::nanoseconds;
using v3bridge::Refusal;

constexpr std::chrono::seconds kSlowDutyInterval{1};
constexpr std::chrono::seconds kAnnounceInterval{1};  // between tries, while another member leads
constexpr uint64_t kSpaceCheckBytes = 4 << 20;        // appended before the disk's space is looked at ahead of time

constexpr const char* kTimedOut = "etcdserver: request timed out";

}  // namespace

void RaftWorker::pass_time(nanoseconds now) {
  follow_leader(now);
  if (campaign_at_ && now >= *campaign_at_) campaign();
  const uint64_t wal_bytes = parts_.counts.wal_bytes.load(std::memory_order_relaxed);
  if (wal_bytes - wal_bytes_checked_ >= kSpaceCheckBytes) watch_space(now);
  if (now < next_tick_) return;
  next_tick_ = now + parts_.options.heartbeat_interval;  // what a pause has missed is not made up for (RF-2)
  raft_.tick();
  idle_due_ = true;
  fail_overdue(now);
  publish_self(now);
  if (leading_) do_duties(now);
  if (now - last_slow_duties_ < kSlowDutyInterval) return;
  last_slow_duties_ = now;
  watch_space(now);
  tell_checkpoint();
  follow_standing();
  tell_of_lost_log();
  parts_.snapshot_sink.tidy();
}

// RB-38: who has lost its log without knowing is told, again and again, until it is gone.
void RaftWorker::tell_of_lost_log() {
  const std::optional<MemberId> lost = raft_.lost_log_of();
  if (!lost) return;
  if (*lost == raft_.id()) leave_as_lost();
  if (!leads() || !raft_.progress(*lost)) return;
  log::error("a member does not have all that it once acknowledged; it counts for nothing and has to be replaced",
             {{"member", to_hex(lost->value)}});
  send(*lost, peer::LogLost{});
}

// No later start may vote under this id either.
void RaftWorker::leave_as_lost() {
  const Result<void> written = write_standing(parts_.disk, parts_.options.data_directory, LogStanding::kLost);
  if (!written) fatal("cannot note that the log is lost: " + written.error().message);
  fatal(lost_log_text(raft_.id()));
}

// This process is refused by those that it should take part with. The next is heard, and what its data lack can show
// (RB-38).
void RaftWorker::on_superseded(uint64_t newest) {
  if (newest <= parts_.incarnation) return;
  const Result<void> raised = raise_incarnation(parts_.disk, parts_.options.data_directory, newest);
  if (!raised) fatal("cannot note the newest incarnation: " + raised.error().message);
  fatal(
      "the other members have heard a newer process of this member: either there is another one, or this one goes on "
      "from older data with a clock that is behind; they will hear the next one that is started");
}

// The leader has brought back all that was lost: the next start need not know of it.
void RaftWorker::follow_standing() {
  if (standing_ != LogStanding::kQuarantined || raft_.quarantined()) return;
  standing_ = LogStanding::kWhole;
  if (const Result<void> written = write_standing(parts_.disk, parts_.options.data_directory, standing_); !written)
    fatal("cannot end the quarantine: " + written.error().message);
  log::info("this member has all again that was committed, and takes part in elections");
}

void RaftWorker::campaign_within(nanoseconds delay) {
  campaign_delay_ = delay;
  campaign_at_ = parts_.clock.monotonic() + nanoseconds(parts_.random.below(static_cast<uint64_t>(delay.count())));
}

// Two that noticed the leader's death at the same time may split the votes: unless one of them is heard of, there is a
// next try, until timeouts take over.
void RaftWorker::campaign() {
  campaign_at_.reset();
  raft_.campaign();
  if (2 * campaign_delay_ < parts_.options.election_timeout) campaign_within(2 * campaign_delay_);
}

// The leader compares what all have applied (INV-A6).
void RaftWorker::tell_checkpoint() {
  if (leads() || !raft_.leader()) return;
  if (const std::optional<peer::Checkpoint> newest = parts_.checkpoints.newest()) send(raft_.leader(), *newest);
}

void RaftWorker::follow_leader(nanoseconds now) {
  watch_transfer(now);
  const MemberId leader = raft_.leader();
  if (leader != leader_) {
    if (leader) {
      campaign_at_.reset();
      leader_found_at_ = now;
      idle_due_ = true;
      parts_.counts.leader_changes.fetch_add(1, std::memory_order_relaxed);
      view_.leader_found(parts_.clock.wall_ns());
    }
    const std::string self = to_hex(raft_.id().value), term = to_string(raft_.term());
    if (leader) log::info("raft.node: " + self + " elected leader " + to_hex(leader.value) + " at term " + term);
    if (!leader) log::info("raft.node: " + self + " lost leader " + to_hex(leader_.value) + " at term " + term);
    leader_ = leader;
    if (!leader) parts_.cluster_clock.stand_still(now);
  }
  if (std::exchange(leading_, leads()) == leads()) return;
  if (leading_) {
    parts_.cluster_clock.run(now);
    parts_.checkpoints.forget_others();
    log::info("raft: became leader", {{"member", to_hex(raft_.id().value)}, {"term", raft_.term().value}});
  }
}

void RaftWorker::watch_transfer(nanoseconds now) {
  if (!transfer_) return;
  const bool moved = raft_.leader() == transfer_->target;
  if (moved || now >= transfer_->deadline || (leads() && !raft_.transferring())) end_transfer(moved);
}

void RaftWorker::do_duties(nanoseconds now) {
  const DutyView view = duty_view(now);
  if (const auto command = duties_.expire(view)) {
    if (const Result<Index> index = propose_own(*command)) duties_.expiry_proposed(*index);
  }
  if (const auto command = duties_.keep_time(view)) (void)propose_own(*command);
  if (now - last_slow_duties_ < kSlowDutyInterval) return;
  if (const auto command = duties_.compact(view)) (void)propose_own(*command);
  if (const auto command = parts_.publisher.raise_version(parts_.apply_worker.applied(), agreed_version())) {
    if (const Result<Index> index = propose_own(*command)) parts_.publisher.proposed(*index);
  }
}

// What all members can serve, as they said when they shook hands; empty while one has not.
std::string RaftWorker::agreed_version() const {
  std::string least = parts_.options.cluster_version;
  std::map<MemberId, std::string> versions;
  if (transport_) {
    for (peer::PeerFigures& figures : transport_->figures()) versions[figures.id] = std::move(figures.version);
  }
  const std::vector<v3bridge::Member> known = v3bridge::members(parts_.store);
  for (const v3bridge::Member& member : known.empty() ? parts_.options.founding.members : known) {
    if (member.id == raft_.id()) continue;
    const std::optional<uint32_t> series = series_of(versions[member.id]);
    if (!series) return {};
    if (*series < series_of(least)) least = cluster_version_of(versions[member.id]);
  }
  return least;
}

DutyView RaftWorker::duty_view(nanoseconds now) const {
  return {now, parts_.cluster_clock.estimate_ms(now), parts_.apply_worker.applied(), 0, false, leading_};
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
  if (auto command = duties_.watch_space(view)) announce(*std::move(command), now);
}

void RaftWorker::publish_self(nanoseconds now) {
  if (!leading_ && now - last_publish_ < kAnnounceInterval) return;
  last_publish_ = now;
  if (parts_.publisher.done()) return;
  const std::string agreed = leading_ ? agreed_version() : std::string();
  for (Command& command : parts_.publisher.step(parts_.apply_worker.applied(), leading_, agreed)) {
    if (!leading_) {
      announce(std::move(command), now);
    } else if (const Result<Index> index = propose_own(command)) {
      parts_.publisher.proposed(*index);
    }
  }
}

// The leader's own proposals give room back or cost none, so they pass where clients have to wait.
Result<Index> RaftWorker::propose_own(const Command& command) {
  std::string data = serialize_unstamped(command);
  write_stamp(data, next_stamp());
  Result<Index> index = is_membership_change(command) ? raft_.propose_configuration(std::move(data))
                                                      : raft_.propose(std::move(data), raft::Priority::kCleanup);
  if (index) duties_.stamped(parts_.clock.monotonic());
  return index;
}

// What any member says by itself. Nobody waits for it: who says it looks at the state, and says it again.
void RaftWorker::announce(Command command, nanoseconds now) {
  if (leads()) return void(propose_own(command));
  if (!raft_.leader()) return;
  Proposals::Waiting waiting;
  waiting.id = parts_.newest_id.fetch_add(1, std::memory_order_relaxed) + 1;
  command.set_origin_member(parts_.options.self.id.value);
  command.set_origin_incarnation(parts_.incarnation);
  command.set_origin_id(waiting.id);
  waiting.data = serialize_unstamped(command);
  waiting.started = now;
  waiting.deadline = now + kAnnounceInterval;
  keep(std::move(waiting));
}

void RaftWorker::fail_overdue(nanoseconds now) {
  std::vector<Proposals::Overdue> overdue = proposals_.overdue(now);
  const Connections connections = overdue.empty() ? Connections() : connected_for();
  for (Proposals::Overdue& late : overdue)
    refuse(std::move(late.completion), Refusal::Kind::kTimeout, timeout_text(late.started, now, connections));
  for (CompletionPtr& read : reads_.overdue(now)) {
    parts_.counts.reads_failed.fetch_add(1, std::memory_order_relaxed);
    refuse(std::move(read), Refusal::Kind::kTimeout, kTimedOut);
  }
}

// As etcd tells a client what it probably was: it asked shortly before a leader was found, or while this member was not
// connected to who matters.
const char* RaftWorker::timeout_text(nanoseconds started, nanoseconds now, const Connections& connections) const {
  const nanoseconds noticed_late = 2 * parts_.options.election_timeout;
  if (started > leader_found_at_ - noticed_late && started < leader_found_at_) return kTimedOutByLeaderLossText;
  const auto stayed_connected = [&](MemberId id) {
    const auto found = connections.find(id);
    return id == raft_.id() || (found != connections.end() && found->second > now - started);
  };
  const std::vector<MemberId>& voters = raft_.configuration().voters;
  const auto stayed = static_cast<size_t>(std::count_if(voters.begin(), voters.end(), stayed_connected));
  const bool is_in_reach = leading_ ? stayed > voters.size() / 2 : !leader_ || stayed_connected(leader_);
  return is_in_reach ? kTimedOut : kTimedOutByConnectionLossText;
}

}  // namespace viaduct::server
