#include "server/node.h"

#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <iterator>
#include <utility>

#include "base/mark.h"
#include "server/incarnation_file.h"
#include "server/membership.h"
#include "server/reconfiguration.h"
#include "server/refuse.h"
#include "server/stamped.h"
#include "v3/then.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using v3bridge::Refusal;

constexpr size_t kReaderThreads = 2;
constexpr const char* kTooLargeText = "etcdserver: request is too large";

// Raft's tick is the heartbeat interval, as in etcd.
raft::Options raft_options(const NodeOptions& options, uint64_t incarnation) {
  raft::Options raft = options.raft;
  raft.id = options.self.id;
  raft.incarnation = incarnation;
  raft.election_ticks =
      static_cast<uint32_t>(std::max<int64_t>(2, options.election_timeout / options.heartbeat_interval));
  raft.max_unapplied_entries = options.unapplied_entries;
  raft.max_unapplied_for_cleanup = 2 * options.unapplied_entries;
  return raft;
}

v3bridge::Traffic traffic_of(const peer::PeerFigures& figures) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  v3bridge::Traffic traffic;
  traffic.id = figures.id;
  traffic.connected = figures.connected;
  traffic.appends_sent = figures.appends_sent;
  traffic.appends_failed = figures.appends_failed;
  traffic.appends_received = figures.appends_received;
  traffic.bytes_sent = figures.bytes_sent;
  traffic.bytes_received = figures.bytes_received;
  traffic.latency_current_ms = Milliseconds(figures.latency_current).count();
  traffic.latency_min_ms = Milliseconds(figures.latency_min).count();
  traffic.latency_max_ms = Milliseconds(figures.latency_max).count();
  if (figures.appends_sent == 0) return traffic;
  const auto count = static_cast<double>(figures.appends_sent);
  const double mean = std::chrono::duration<double>(figures.latency_sum).count() / count;
  traffic.latency_average_ms = mean * 1000;
  traffic.latency_deviation_ms = std::sqrt(std::max(0.0, figures.latency_square_sum / count - mean * mean)) * 1000;
  return traffic;
}

}  // namespace

Result<std::unique_ptr<Node>> Node::open(Disk& disk, const Clock& clock, Random& random, NodeOptions options,
                                         NodeObserver* observer) {
  VIADUCT_TRY_ASSIGN(recovered, recover(disk, random, options));
  VIADUCT_TRY_ASSIGN(incarnation, next_incarnation(disk, options.data_directory, clock.wall_ns()));
  VIADUCT_TRY_ASSIGN(raft, raft::Raft::start(raft_options(options, incarnation), std::move(recovered.restart), random));
  return std::unique_ptr<Node>(
      new Node(disk, clock, random, incarnation, std::move(options), observer, std::move(recovered), std::move(raft)));
}

Node::Node(Disk& disk, const Clock& clock, Random& random, uint64_t incarnation, NodeOptions options,
           NodeObserver* observer, Recovered recovered, raft::Raft raft)
    : clock_(clock),
      options_(std::move(options)),
      incarnation_(incarnation),
      state_directory_(std::move(recovered.state_directory)),
      store_(std::move(recovered.store)),
      wal_(std::move(recovered.wal)),
      inbox_(Inbox::Limits{}),
      configurations_([this] { inbox_.push_function([] {}); }),
      apply_worker_(*store_, hub_, apply_counts_, configurations_, checkpoints_, clock_, observer),
      publisher_(*store_, options_),
      readers_("reader", kReaderThreads),
      maintenance_("maintenance", 1),
      snapshot_sink_(disk, *state_directory_, options_.cluster_id, *this, maintenance_, options_.store),
      raft_worker_({disk, clock_, random, options_, incarnation_, newest_id_, observer, *store_, *wal_, inbox_,
                    apply_worker_, configurations_, checkpoints_, cluster_clock_, publisher_, maintenance_,
                    snapshot_sink_, apply_counts_, counts_},
                   std::move(raft)) {
  const store::Store::ReadLock lock(*store_);
  cluster_clock_.observe(store_->applied().stamp, clock_.monotonic());
}

Node::~Node() { stop(); }

void Node::connect(peer::Transport& transport, std::function<void()> on_removed) {
  transport_ = &transport;
  on_removed_ = std::move(on_removed);
  raft_worker_.connect(transport, on_removed_);
  transport.set_peers(peers_of(known_members(), options_.self.id));
}

// Until the state names them, those that this member was told of when it was made.
std::vector<v3bridge::Member> Node::known_members() const {
  std::vector<v3bridge::Member> known = v3bridge::members(*store_);
  return known.empty() ? options_.founding.members : known;
}

void Node::start() {
  apply_thread_ = std::thread([this] { apply_worker_.run(); });
  raft_thread_ = std::thread([this] { raft_worker_.run(); });
  pthread_setname_np(apply_thread_.native_handle(), "apply");
  pthread_setname_np(raft_thread_.native_handle(), "raft");
}

bool Node::wait_until_published(std::chrono::milliseconds timeout) {
  return publisher_.wait(timeout) && wait_until_current(timeout);
}

bool Node::wait_until_current(std::chrono::milliseconds timeout) {
  if (was_current_) return true;
  if (!contact_.valid()) {
    auto answer = std::make_shared<std::promise<bool>>();
    contact_ = answer->get_future();
    read_barrier(v3::then(readers_, [answer](const v3bridge::Outcome& outcome) {
      answer->set_value(std::holds_alternative<std::monostate>(outcome.body));
    }));
  }
  if (contact_.wait_for(timeout) != std::future_status::ready) return false;
  was_current_ = contact_.get();
  return was_current_;
}

void Node::hand_over_leadership() {
  if (!raft_thread_.joinable()) return;
  auto settled = std::make_shared<std::promise<void>>();
  std::future<void> done = settled->get_future();
  const auto leave = [this, settled] { raft_worker_.leave_leadership([settled] { settled->set_value(); }); };
  if (inbox_.push_function(leave)) done.wait_for(options_.election_timeout);
}

void Node::stop() {
  if (!raft_thread_.joinable()) return;
  inbox_.close();
  raft_thread_.join();
  apply_worker_.close();
  apply_thread_.join();
  readers_.stop();
  maintenance_.stop();
  store_->barrier();
}

void Node::propose(Command&& command, std::unique_ptr<v3bridge::Completion> completion) {
  command.set_origin_member(options_.self.id.value);
  command.set_origin_incarnation(incarnation_);
  Proposal proposal;
  proposal.id = newest_id_.fetch_add(1, std::memory_order_relaxed) + 1;
  command.set_origin_id(proposal.id);
  proposal.type = is_membership_change(command) ? EntryType::kConfiguration : EntryType::kCommand;
  proposal.data = serialize_unstamped(command);
  proposal.completion = std::move(completion);
  if (proposal.data.size() > wal_->max_entry_bytes()) {
    counts_.commands_too_large.fetch_add(1, std::memory_order_relaxed);
    return refuse(std::move(proposal.completion), Refusal::Kind::kTooLarge, kTooLargeText);
  }
  if (inbox_.push_proposal(proposal)) return;
  refuse_unqueued(std::move(proposal.completion));
}

void Node::read_barrier(std::unique_ptr<v3bridge::Completion> completion) {
  if (!inbox_.push_read(completion)) refuse_unqueued(std::move(completion));
}

void Node::move_leader(MemberId target, std::unique_ptr<v3bridge::Completion> completion) {
  const auto waiting = std::make_shared<std::unique_ptr<v3bridge::Completion>>(std::move(completion));
  const auto take = [this, target, waiting] { raft_worker_.move_leader(target, std::move(*waiting)); };
  if (!inbox_.push_function(take)) refuse_unqueued(std::move(*waiting));
}

void Node::compaction_barrier(std::unique_ptr<v3bridge::Completion> completion) {
  if (inbox_.closed()) return refuse_unqueued(std::move(completion));
  apply_worker_.await_compaction(std::move(completion));
}

void Node::refuse_unqueued(std::unique_ptr<v3bridge::Completion> completion) {
  if (inbox_.closed()) return refuse(std::move(completion), Refusal::Kind::kStopped, kStoppedText);
  counts_.requests_too_many.fetch_add(1, std::memory_order_relaxed);
  refuse(std::move(completion), Refusal::Kind::kTooManyRequests, kTooManyRequestsText);
}

v3bridge::RaftStatus Node::raft_status() const {
  v3bridge::RaftStatus status = raft_worker_.view().status();
  status.applied = apply_worker_.applied();
  return status;
}

std::vector<v3bridge::Member> Node::members() const { return v3bridge::members(*store_); }
std::string Node::cluster_version() const { return v3bridge::cluster_version(*store_); }
std::vector<v3bridge::ActiveAlarm> Node::alarms() const { return v3bridge::active_alarms(*store_); }

std::vector<v3bridge::Traffic> Node::traffic() const {
  std::vector<v3bridge::Traffic> traffic;
  if (!transport_) return traffic;
  for (const peer::PeerFigures& figures : transport_->figures()) traffic.push_back(traffic_of(figures));
  return traffic;
}

// --- what the links tell ---

void Node::received(MemberId from, std::vector<peer::Frame> frames) {
  ReceivedFrames batch{from, std::move(frames)};
  if (!inbox_.push_frames(batch)) counts_.frames_dropped.fetch_add(batch.frames.size(), std::memory_order_relaxed);
}

void Node::dropped(MemberId to) {
  inbox_.push_function([this, to] { raft_worker_.on_dropped(to); });
}

void Node::gone(MemberId id) {
  inbox_.push_function([this, id] { raft_worker_.on_gone(id); });
}

void Node::self_removed() { on_removed_(); }

void Node::superseded(uint64_t newest) {
  inbox_.push_function([this, newest] { raft_worker_.on_superseded(newest); });
}

peer::Standing Node::standing(MemberId id) const {
  if (v3bridge::is_removed(*store_, id)) return peer::Standing::kRemoved;
  const std::vector<v3bridge::Member> known = known_members();
  const bool is_member = std::any_of(known.begin(), known.end(), [&](const auto& member) { return member.id == id; });
  if (is_member) return peer::Standing::kMember;
  // One that was added after what this member has applied may lead by now, or need its vote. Who takes over from a lost
  // cluster is not to be found by what is left of it.
  const RaftView& view = raft_worker_.view();
  const bool may_be_added = !options_.force_new_cluster && (!view.hears_leader() || view.status().leader == id);
  if (!may_be_added) return peer::Standing::kUnknown;
  VIADUCT_MARK("node: a stranger is heard");
  return peer::Standing::kStranger;
}

Result<void> Node::admit(const peer::SnapshotName& name) {
  const peer::Standing sender = standing(name.sender);
  if (sender != peer::Standing::kMember && sender != peer::Standing::kStranger) {
    return Error{Code::kInvalidArgument, "not from a member"};
  }
  if (name.leader_term < raft_worker_.view().status().term) return Error{Code::kInvalidArgument, "of an older term"};
  if (name.index <= apply_worker_.applied()) return Error{Code::kAlreadyExists, "this member has all that"};
  return {};
}

void Node::install(ReceivedState state, Installer::Done done) {
  const auto counted = [this, from = state.from, done = std::move(done)](const Result<void>& result) {
    count_snapshot(from, result ? &SnapshotCounts::received : &SnapshotCounts::receive_failures);
    done(result);
  };
  const auto received = std::make_shared<ReceivedState>(std::move(state));
  const auto take = [this, received, counted] { raft_worker_.install(std::move(*received), counted); };
  if (!inbox_.push_function(take)) counted(Error{Code::kUnavailable, "the server stops"});
}

std::map<MemberId, Node::SnapshotCounts> Node::snapshot_counts() const {
  const std::lock_guard lock(snapshot_counts_mutex_);
  return snapshot_counts_;
}

void Node::count_snapshot(MemberId with, uint64_t SnapshotCounts::*which) {
  const std::lock_guard lock(snapshot_counts_mutex_);
  ++(snapshot_counts_[with].*which);
}

void Node::snapshot_sent(MemberId to, std::optional<Index> index) {
  count_snapshot(to, index ? &SnapshotCounts::sent : &SnapshotCounts::send_failures);
  inbox_.push_function([this, to, index] { raft_worker_.on_snapshot_sent(to, index); });
}

}  // namespace viaduct::server
