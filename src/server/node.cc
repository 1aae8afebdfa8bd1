#include "server/node.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/refuse.h"
#include "server/stamped.h"
#include "v3bridge/admin.h"
#include "v3bridge/membership.h"
#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using v3bridge::Refusal;

constexpr size_t kReaderThreads = 2;
constexpr const char* kTooLargeText = "etcdserver: request is too large";

// Raft's tick is the heartbeat interval, as in etcd.
raft::Options raft_options(const NodeOptions& options) {
  raft::Options raft;
  raft.id = options.self.id;
  raft.election_ticks = static_cast<uint32_t>(std::max<int64_t>(2, options.election_timeout / options.heartbeat_interval));
  raft.max_unapplied_entries = options.unapplied_entries;
  raft.max_unapplied_for_cleanup = 2 * options.unapplied_entries;
  return raft;
}

void done_at_once(std::unique_ptr<v3bridge::Completion> completion) {
  Executor& home = completion->home();
  home.post_function([done = std::move(completion)] { done->done({}); });
}

}  // namespace

Result<std::unique_ptr<Node>> Node::open(Disk& disk, const Clock& clock, Random& random, NodeOptions options,
                                         NodeObserver* observer) {
  VIADUCT_TRY_ASSIGN(recovered, recover(disk, random, options));
  VIADUCT_TRY_ASSIGN(raft, raft::Raft::start(raft_options(options), std::move(recovered.restart), random));
  return std::unique_ptr<Node>(
      new Node(disk, clock, random.next(), std::move(options), observer, std::move(recovered), std::move(raft)));
}

Node::Node(Disk& disk, const Clock& clock, uint64_t incarnation, NodeOptions options, NodeObserver* observer,
           Recovered recovered, raft::Raft raft)
    : clock_(clock),
      options_(std::move(options)),
      incarnation_(incarnation),
      store_(std::move(recovered.store)),
      wal_(std::move(recovered.wal)),
      inbox_(Inbox::Limits{}),
      apply_worker_(*store_, hub_, apply_counts_, clock_, observer),
      publisher_(*store_, options_),
      readers_("reader", kReaderThreads),
      maintenance_("maintenance", 1),
      raft_worker_({disk, clock_, options_, observer, *store_, *wal_, inbox_, apply_worker_, cluster_clock_,
                    publisher_, maintenance_, apply_counts_, counts_},
                   std::move(raft)) {
  cluster_clock_.observe(recovered.newest_stamp, clock_.monotonic());
}

Node::~Node() { stop(); }

void Node::start() {
  apply_thread_ = std::thread([this] { apply_worker_.run(); });
  raft_thread_ = std::thread([this] { raft_worker_.run(); });
  pthread_setname_np(apply_thread_.native_handle(), "apply");
  pthread_setname_np(raft_thread_.native_handle(), "raft");
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
  Proposal proposal{serialize_unstamped(command), std::move(completion)};
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
  if (target == options_.self.id) return done_at_once(std::move(completion));
  refuse(std::move(completion), Refusal::Kind::kBadTransferee, "etcdserver: bad leader transferee");
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
  v3bridge::RaftStatus status = raft_worker_.status();
  status.applied = apply_worker_.applied();
  return status;
}

std::vector<v3bridge::Member> Node::members() const { return v3bridge::members(*store_); }
std::string Node::cluster_version() const { return v3bridge::cluster_version(*store_); }
std::vector<v3bridge::ActiveAlarm> Node::alarms() const { return v3bridge::active_alarms(*store_); }

}  // namespace viaduct::server
