#include "test/sim/member.h"

#include <chrono>
#include <thread>
#include <utility>

#include "net/listener.h"
#include "net/loop_group.h"
#include "server/node_timings.h"
#include "server/quarantine.h"
#include "server/routes.h"
#include "test/sim/damage.h"

namespace viaduct::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLook{50};     // whether it shall stop, while it is not ready yet
constexpr std::chrono::seconds kHungSync{20};      // as server/server.cc has it
constexpr std::chrono::seconds kLingerRemoved{1};  // as server/main.cc does

server::Config config_of(const server::NodeOptions& options, const Member::Serving& serving) {
  server::Config config;
  config.name = options.self.name;
  config.data_dir = options.data_directory;
  config.heartbeat_interval = options.heartbeat_interval;
  config.election_timeout = options.election_timeout;
  config.snapshot_count = options.snapshot_count;
  config.bcrypt_cost = 4;
  config.io_threads = serving.io_threads;
  config.watch_progress_interval = serving.watch_progress_interval;
  config.limits = serving.limits;
  return config;
}

}  // namespace

// Shows what is applied to the invariants.
class Member::Observer final : public server::NodeObserver {
 public:
  Observer(Member& member, server::NodeTimings& timings) : member_(member), timings_(timings) {}

  void wal_synced(std::chrono::nanoseconds duration) override { timings_.wal_synced(duration); }
  void group_applied(std::chrono::nanoseconds duration) override {
    timings_.group_applied(duration);
    if (!member_.node_) return;
    const store::Store& store = member_.node_->store();
    store::AppliedState state;
    {
      const store::Store::ReadLock lock(store);
      state = store.applied();
    }
    Invariants& invariants = member_.world_.invariants;
    invariants.applied(member_.id(), state);
    if (Invariants::wants_hash(state.index)) invariants.hashed(member_.id(), state.index, store.hash());
    member_.world_.chronicle.follow(member_.id(), store, member_.world_.scheduler.now(), next_);
  }

 private:
  Member& member_;
  server::NodeTimings& timings_;
  Seq next_;  // of the events to be taken
};

Member::Member(const World& world, server::NodeOptions options, const Serving& serving, uint16_t port, Dice dice)
    : world_(world),
      options_(std::move(options)),
      serving_(serving),
      port_(port),
      machine_(world.scheduler.add_machine(options_.self.name)),
      wire_(world.network.add(options_.self.id, machine_)),
      disk_(world.scheduler, dice) {
  machine_.runs = false;
  FakeDisk& disk = disk_.fake();
  (void)disk.create_directory(options_.data_directory);
  (void)disk.sync_directory("/");
  machine_.on_exit = [this](int code) {
    if (code != 0 && !disk_.has_failed() && !damaged_) world_.complain(name() + " ended itself without a reason");
    ended(true);
  };
}

void Member::start() {
  world_.scheduler.revive(machine_);
  disk_.started();
  stop_asked_ = has_hung_ = false;
  ++starts_;
  world_.scheduler.spawn(machine_, "main", [this] { live(); });
}

void Member::ask_to_stop() {
  stop_asked_ = true;
  world_.scheduler.wake_all(this);
}

void Member::end(End how) {
  if (how == End::kPowerLost) disk_.cut_power();
  if (!runs()) return;
  world_.scheduler.kill(machine_);
  ended(how == End::kKilled);
}

void Member::ended(bool noticed) {
  if (world_.scheduler.trace().shown())
    world_.scheduler.trace().line(world_.scheduler.now(), name(), "its process ended");
  node_ = nullptr;
  serves_ = false;
  disk_.fake().end_process();
  world_.sockets.close_all_of(machine_);
  world_.network.process_ended(id(), noticed);
}

std::string Member::damage(Dice& dice) {
  const std::optional<std::string> done =
      sim::damage(disk_.fake(), {options_.wal_directory, options_.state_directory, {options_.cluster_id, id()}}, dice);
  damaged_ |= done.has_value();
  return done.value_or("nothing to damage");
}

// In the order of server/server.cc.
void Member::live() {
  SystemClock clock;
  SystemRandom random;
  server::NodeTimings timings(100ms);
  Observer observer(*this, timings);
  world_.invariants.began(id());
  Result<std::unique_ptr<server::Node>> opened = server::Node::open(disk_, clock, random, options_, &observer);
  if (!opened) {
    if (!disk_.has_failed() && !damaged_) world_.complain(name() + " does not start: " + opened.error().message);
    world_.scheduler.exit(0);
  }
  check_standing();
  server::Node& node = **opened;
  node.connect(wire_, [this] {
    removed_ = true;
    world_.scheduler.wake_all(this);
  });
  wire_.attach(node, node.snapshot_sink());
  serve(node, timings, clock);
  world_.scheduler.exit(0);
}

// What a crash leaves is no loss (CC-6), unless it took the log's directory itself, which could not be synced.
void Member::check_standing() {
  if (damaged_ || disk_.is_undecided(options_.data_directory)) return;
  const Result<server::LogStanding> standing = server::read_standing(disk_.fake(), options_.data_directory);
  if (standing && *standing != server::LogStanding::kWhole)
    world_.complain(name() + " takes what a crash left for a loss");
}

void Member::serve(server::Node& node, const server::NodeTimings& timings, const Clock& clock) {
  const server::Config config = config_of(options_, serving_);
  net::LoopGroup loops(clock, net::Limits(), config.io_threads);
  server::Routes routes(
      config, {node, timings, loops, clock, clock.wall_ns(), disk_, options_.data_directory, options_.state_directory});
  node.start();
  loops.start();
  node_ = &node;
  const auto is_over = [&] { return stop_asked_ || removed_; };
  while (!is_over() && !node.wait_until_published(kLook)) watch_disk(node);
  const auto url = net::parse_listen_url("http://127.0.0.1:" + std::to_string(port_));
  const auto listener = net::Listener::open(loops, routes.client(), *url, {});
  if (!listener) return world_.complain(name() + " cannot listen: " + listener.error().message);
  serves_ = true;
  while (!is_over()) {
    world_.scheduler.wait(this, world_.scheduler.now() + kSecond);
    watch_disk(node);
  }
  serves_ = false;
  if (removed_) std::this_thread::sleep_for(kLingerRemoved);
  node.hand_over_leadership();
  (*listener)->stop();
  loops.shut_down(1s);
  node_ = nullptr;
  node.stop();
  loops.stop();
}

// As Server::watch_disk() does (CC-14).
void Member::watch_disk(const server::Node& node) {
  if (node.sync_under_way() < kHungSync) return;
  ++hung_;
  has_hung_ = true;
  world_.scheduler.exit(0);
}

bool Member::call(const std::function<void(server::Node&)>& what, Nanoseconds time) {
  if (!node_) return false;
  const auto done = std::make_shared<bool>(false);
  world_.scheduler.spawn(machine_, "asked", [this, what, done] {
    if (node_) what(*node_);
    *done = true;
    world_.scheduler.wake_all(done.get());
  });
  for (const Nanoseconds until = world_.scheduler.now() + time; !*done && world_.scheduler.now() < until;)
    world_.scheduler.wait(done.get(), until);
  return *done;
}

}  // namespace viaduct::sim
