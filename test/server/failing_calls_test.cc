// Every call to the disk fails once, or fails for ever, while a member starts, writes, cuts its log, compacts, installs
// a snapshot, is restored or goes into quarantine (SIM-10.2, CC-4, RB-34): it ends, or says that it failed, and a new
// process finds all that was acknowledged.
#include "test/server/failing_calls.h"

#include <cstdlib>

#include "server/data_directory.h"
#include "server/identity_file.h"
#include "server/quarantine.h"
#include "server/recovery.h"
#include "server/restore.h"
#include "test/server/node_world.h"
#include "test/server/snapshot_source.h"
#include "test/server/snapshot_world.h"

namespace viaduct::server {
namespace {

struct Failure {
  std::string name;
  Code code;
  FakeDisk::Repeat repeat;
};
const Failure kFailures[] = {{"an error, once", Code::kIo, FakeDisk::Repeat::kOnce},
                             {"errors for ever", Code::kIo, FakeDisk::Repeat::kForEver},
                             {"no space, once", Code::kNoSpace, FakeDisk::Repeat::kOnce},
                             {"no space for ever", Code::kNoSpace, FakeDisk::Repeat::kForEver}};

// A member alone, whose clients write. What it does under failure is for the derived ones.
class NodeOperation : public FailingOperation {
 public:
  NodeOperation() {
    world_.options.wal_segment_bytes = 4096;
    world_.options.snapshot_count = 10;
    world_.options.retention = {.entries = 3, .bytes = 500, .bytes_for_follower = 1000, .step_bytes = 100};
  }
  FakeDisk& disk() override { return world_.disk; }

  void check(FakeDisk& left) override {
    NodeWorld after;
    after.options = world_.options;
    after.node = need_value(Node::open(left, after.clock, after.random, after.options, &after.timings));
    after.node->start();
    need(is_published(after, std::chrono::seconds(15)), "a restarted member does not come up");
    need(std::holds_alternative<std::monostate>(after.barrier().body), "a restarted member does not answer reads");
    for (const std::string& path : acknowledged()) need(after.has(path), path + " was acknowledged and is missing");
    need(succeeded(after.propose(NodeWorld::put("/after", "1"))), "a restarted member does not take writes");
  }

 protected:
  // False: it says why not, or nothing at all.
  bool start(Disk& disk) {
    Result<std::unique_ptr<Node>> opened =
        Node::open(disk, world_.clock, world_.random, world_.options, &world_.timings);
    if (!opened) return false;
    world_.node = *std::move(opened);
    world_.node->start();
    return is_published(world_, std::chrono::seconds(1));
  }
  // Time passes for it as fast as it answers, but for no longer than that.
  static bool is_published(NodeWorld& world, std::chrono::seconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      if (world.node->wait_until_published(std::chrono::milliseconds(0))) return true;
      world.clock.advance(world.options.heartbeat_interval);
      if (!answered(read(world))) return false;
    }
    return false;
  }
  void write(const std::string& path, size_t bytes = 20) {
    auto answer = std::make_unique<Answer>(world_.here);
    auto future = answer->future();
    world_.node->propose(NodeWorld::put(path, std::string(bytes, 'v')), std::move(answer));
    if (future.wait_for(std::chrono::seconds(2)) != std::future_status::ready) return;
    if (succeeded(future.get())) acknowledge(path);
  }
  static std::future<v3bridge::Outcome> read(NodeWorld& world) {
    auto answer = std::make_unique<Answer>(world.here);
    auto future = answer->future();
    world.node->read_barrier(std::move(answer));
    return future;
  }
  static bool answered(std::future<v3bridge::Outcome> future) {
    return future.wait_for(std::chrono::seconds(2)) == std::future_status::ready;
  }
  NodeWorld& world() { return world_; }

 private:
  NodeWorld world_;
};

class StartOfNew final : public NodeOperation {
  void run(Disk& disk) override {
    if (start(disk)) write("/first");
  }
};

class StartOfExisting final : public NodeOperation {
  void prepare(Disk& disk) override {
    need(start(disk), "it does not start");
    for (int i = 0; i < 25; ++i) write("/before/" + std::to_string(i), 300);
    need(acknowledged().size() == 25, "it does not write");
    world().node.reset();
  }
  void run(Disk& disk) override {
    if (start(disk)) write("/first");
  }
};

// One that has started well, and written.
class RunningOperation : public NodeOperation {
 public:
  void prepare(Disk& disk) override {
    need(start(disk), "it does not start");
    for (int i = 0; i < 5; ++i) write("/before");
    need(acknowledged().contains("/before"), "it does not write");
  }
};

class WriteAndStop final : public RunningOperation {
  void run(Disk&) override {
    for (int i = 0; i < 3; ++i) write("/written/" + std::to_string(i));
    world().node.reset();
  }
};

// Through several segments, with marks of the log and cuts in between.
class SegmentCuts final : public RunningOperation {
  void run(Disk&) override {
    for (int i = 0; i < 16; ++i) {
      write("/written/" + std::to_string(i), 900);
      world().clock.advance(world().options.heartbeat_interval);
      if (!answered(read(world()))) return;
    }
  }
};

class Compaction final : public RunningOperation {
  void run(Disk&) override {
    Command command;
    command.mutable_compact()->set_revision(world().numbers().revision.value);
    auto answer = std::make_unique<Answer>(world().here);
    auto future = answer->future();
    world().node->propose(std::move(command), std::move(answer));
    if (!answered(std::move(future))) return;
    auto swept = std::make_unique<Answer>(world().here);
    auto swept_future = swept->future();
    world().node->compaction_barrier(std::move(swept));
    if (answered(std::move(swept_future))) write("/written");
  }
};

// A whole state from another member.
class TakenSnapshot final : public FailingOperation {
  void prepare(Disk& disk) override {
    make_data_directory(this->disk());
    create_log(this->disk(), options_, random_);
    world_.emplace(disk);
    for (int i = 0; i < 5; ++i) world_->leader.put("/a", "new");
    world_->after_switch = [this] { acknowledge("switched"); };
    world_->member->barrier();
  }
  void run(Disk&) override {
    if (world_->transfer(*world_->source())) acknowledge("installed");
  }
  void check(FakeDisk& left) override {
    SeededRandom random(2);
    const Recovered recovered = need_value(recover(left, random, options_));
    const std::string value = SnapshotWorld::value_in(*recovered.store, "/a");
    need(value == "new" || (value == "old" && acknowledged().empty()), "after an installation it holds " + value);
    need(recovered.restart.log.last_index() >= recovered.restart.log.applied(), "the log ends before the state");
    need(recovered.wal->hard_state().term == kMemberHardState.term, "the term is lost");
    need(recovered.wal->hard_state().vote == kMemberHardState.vote, "the vote is lost");
  }

  const NodeOptions options_ = member_options();
  SeededRandom random_{1};
  std::optional<SnapshotWorld> world_;
};

class Restoring final : public FailingOperation {
  FakeDisk& disk() override { return dynamic_cast<FakeDisk&>(source_.disk()); }
  void prepare(Disk&) override {
    source_.fill();
    options_.file = "/saved";
    options_.data_dir = "/restored";
    options_.skip_hash_check = true;
    need(snapshot_of(source_, options_.file)->sync().has_value(), "the file cannot be made durable");
    need(disk().sync_directory("/").has_value(), "the file cannot be made durable");
  }
  void run(Disk& disk) override {
    SeededRandom random(1);
    if (restore(disk, random, options_)) acknowledge("restored");
  }
  void check(FakeDisk& left) override {
    const bool is_there = need_value(left.exists(options_.data_dir));
    const auto identity = is_there ? need_value(load_identity(left, options_.data_dir)) : std::nullopt;
    if (!identity) return need(acknowledged().empty(), "what was restored is not there");
    NodeOptions options;
    options.data_directory = options_.data_dir;
    options.wal_directory = options_.data_dir + "/wal";
    options.state_directory = options_.data_dir + "/state";
    options.cluster_id = identity->cluster;
    options.self.id = identity->member;
    SeededRandom random(2);
    const Recovered recovered = need_value(recover(left, random, options));
    const store::Store::ReadLock lock(*recovered.store);
    need(recovered.store->numbers().seq == source_.numbers().seq, "a part was restored and is taken for the whole");
  }

  SnapshotSource source_;
  RestoreOptions options_;
};

// A member of three whose log is damaged, and that knows its vote.
class Quarantine final : public FailingOperation {
  void prepare(Disk&) override {
    options_.founding.members = {
        {MemberId(0xa), "a", {}, {}}, {MemberId(0xb), "b", {}, {}}, {MemberId(0xc), "c", {}, {}}};
    make_data_directory(disk());
    create_log(disk(), options_, random_);
    const auto segments = need_value(wal::list_segments(disk(), options_.wal_directory));
    const auto file =
        need_value(disk().open(wal::segment_path(options_.wal_directory, segments.back()), OpenMode::kWrite));
    need(file->write_at(600, std::string(500, '\x5a')) && file->sync(), "the log cannot be damaged");
  }
  void run(Disk& disk) override {
    if (recover(disk, random_, options_)) acknowledge("quarantined");
  }
  void check(FakeDisk& left) override {
    SeededRandom random(2);
    const Recovered recovered = need_value(recover(left, random, options_));
    need(recovered.restart.quarantined, "a member that lost its log goes on as if it had not");
    need(recovered.wal->hard_state().term == kMemberHardState.term, "the term is lost");
    need(recovered.wal->hard_state().vote == kMemberHardState.vote, "the vote is lost");
  }

  NodeOptions options_ = member_options();
  SeededRandom random_{1};
};

// Each call fails once; to let each fail in every other way, too, takes a minute: FAILING_CALLS=all.
uint64_t stride_of(const Failure& failure) {
  const bool is_first = failure.name == kFailures[0].name;
  return is_first || std::getenv("FAILING_CALLS") ? 1 : 9;
}

template <typename Operation>
void check_each_call() {
  for (const Failure& failure : kFailures) {
    CAPTURE(failure.name);
    const auto make = [] { return std::make_unique<Operation>(); };
    const FailingCalls::Counts counts =
        FailingCalls::each(make, {failure.code, "injected"}, failure.repeat, stride_of(failure));
    MESSAGE(failure.name, ": ", counts.runs, " runs, ", counts.fatal, " ended the process");
    CHECK(counts.runs > 0);
  }
}

}  // namespace

TEST_CASE("any call may fail while a new member starts (SIM-10)") { check_each_call<StartOfNew>(); }
TEST_CASE("any call may fail while a member starts again") { check_each_call<StartOfExisting>(); }
TEST_CASE("any call may fail while a member writes and stops") { check_each_call<WriteAndStop>(); }
TEST_CASE("any call may fail while the log is marked, cut and goes on in another segment") {
  check_each_call<SegmentCuts>();
}
TEST_CASE("any call may fail while the history is compacted") { check_each_call<Compaction>(); }
TEST_CASE("any call may fail while a snapshot is installed (RB-27, RB-34)") { check_each_call<TakenSnapshot>(); }
TEST_CASE("any call may fail while a backup is restored") { check_each_call<Restoring>(); }
TEST_CASE("any call may fail while a damaged member goes into quarantine (CC-12)") { check_each_call<Quarantine>(); }

}  // namespace viaduct::server
