#include "test/cluster/faults.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "test/cluster/damage.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;
using Mode = Link::Mode;

constexpr auto kReconfigurationTime = 30s;
constexpr auto kStopTime = 10s;

}  // namespace

const std::vector<Faults::Kind>& Faults::kinds() {
  static const std::vector<Kind> kKinds{
      {"kill-one", 3, &Faults::kill_one},
      {"kill-leader", 4, &Faults::kill_leader},
      {"kill-majority", 2, &Faults::kill_majority},
      {"kill-all", 2, &Faults::kill_all},
      {"power-off-leader", 2, &Faults::power_off_leader},
      {"pause-one", 2, &Faults::pause_one},
      {"pause-leader", 3, &Faults::pause_leader},
      {"isolate-one", 2, &Faults::isolate_one},
      {"isolate-leader", 4, &Faults::isolate_leader},
      {"cut-off-leader", 3, &Faults::cut_off_leader},
      {"halves", 3, &Faults::halves},
      {"one-way-out", 2, &Faults::one_way_out},
      {"one-way-in", 2, &Faults::one_way_in},
      {"part-pair", 2, &Faults::part_pair},
      {"slow-links", 2, &Faults::slow_links},
      {"slow-leader", 2, &Faults::slow_leader},
      {"rolling-restart", 1, &Faults::rolling_restart},
      {"long-absence", 2, &Faults::long_absence},
      {"replace-member", 1, &Faults::replace_member},
      {"replace-dead-member", 1, &Faults::replace_dead_member},
      {"add-learner", 1, &Faults::add_learner},
      {"grow-and-shrink", 1, &Faults::grow_and_shrink},
      {"remove-leader", 1, &Faults::remove_leader},
      {"move-leader", 2, &Faults::move_leader},
      {"full-disk", 2, &Faults::full_disk},
      {"new-certificates", 2, &Faults::new_certificates},
      {"slow-disk", 2, &Faults::slow_disk},
      {"hung-disk", 2, &Faults::hung_disk},
      {"failing-disk", 2, &Faults::failing_disk},
      {"damaged-log", 2, &Faults::damaged_log},
      {"rolled-back", 1, &Faults::rolled_back},
      {"few-descriptors", 1, &Faults::few_descriptors},
      {"little-memory", 1, &Faults::little_memory},
  };
  return kKinds;
}

const Faults::Kind& Faults::draw() {
  uint64_t total = 0;
  for (const Kind& kind : kinds()) total += kind.weight;
  uint64_t dice = below(total);
  for (const Kind& kind : kinds()) {
    if (dice < kind.weight) return kind;
    dice -= kind.weight;
  }
  return kinds().front();
}

void Faults::inflict(const Kind& kind) {
  note(kind.name);
  (this->*kind.inflict)();
}

void Faults::mend_all() {
  if (tools_.first_disk) tools_.first_disk->clear();
  cluster_.network().heal();
  for (const Node node : cluster_.current()) {
    if (cluster_.at(node).is_paused()) cluster_.at(node).resume();
    if (!cluster_.at(node).is_running()) restart(node);
  }
}

void Faults::wait_ms(uint64_t least, uint64_t most) {
  std::this_thread::sleep_for(std::chrono::milliseconds(least + below(most - least + 1)));
}

Node Faults::any() {
  const std::vector<Node> nodes = cluster_.current();
  return nodes[below(nodes.size())];
}

Node Faults::leader_or_any() {
  const std::optional<Node> leader = cluster_.leader();
  return leader ? *leader : any();
}

void Faults::kill(Node node) {
  note("  kill " + name(node));
  cluster_.at(node).kill();
}

void Faults::restart(Node node) {
  note("  start " + name(node));
  cluster_.at(node).start();
}

void Faults::kill_one() {
  const Node victim = any();
  kill(victim);
  wait_ms(100, 2500);
  restart(victim);
}

void Faults::kill_leader() {
  const Node victim = leader_or_any();
  kill(victim);
  wait_ms(100, 2500);
  restart(victim);
}

void Faults::kill_majority() {
  std::vector<Node> nodes = cluster_.current();
  std::shuffle(nodes.begin(), nodes.end(), random_);
  nodes.resize(nodes.size() / 2 + 1);
  for (const Node node : nodes) kill(node);
  wait_ms(100, 1500);
  for (const Node node : nodes) {
    restart(node);
    wait_ms(0, 300);
  }
}

void Faults::kill_all() {
  for (const Node node : cluster_.current()) kill(node);
  for (const Node node : cluster_.current()) {
    wait_ms(0, 300);
    restart(node);
  }
}

// Its peers are not told that its connections have ended.
void Faults::power_off_leader() {
  const Node victim = leader_or_any();
  surround(victim, Mode::kHole, Mode::kHole);
  kill(victim);
  wait_ms(1000, 3000);
  cluster_.network().heal();
  restart(victim);
}

void Faults::pause_one() {
  const Node victim = any();
  note("  pause " + name(victim));
  cluster_.at(victim).pause();
  wait_ms(200, 4000);
  cluster_.at(victim).resume();
}

void Faults::pause_leader() {
  const Node victim = leader_or_any();
  note("  pause " + name(victim));
  cluster_.at(victim).pause();
  wait_ms(200, 4000);
  cluster_.at(victim).resume();
}

void Faults::surround(Node node, Mode out, Mode in) {
  for (const Node other : cluster_.current()) {
    if (other == node) continue;
    cluster_.network().set(node, other, {.mode = out});
    cluster_.network().set(other, node, {.mode = in});
  }
}

void Faults::hold(Node node) {
  const Mode mode = below(2) == 0 ? Mode::kHole : Mode::kCut;
  note("  isolate " + name(node) + (mode == Mode::kHole ? " silently" : " with resets"));
  surround(node, mode, mode);
  wait_ms(500, 3500);
  cluster_.network().heal();
}

void Faults::isolate_one() { hold(any()); }
void Faults::isolate_leader() { hold(leader_or_any()); }

// Again and again, and short: each leader comes back as a follower with entries of its own.
void Faults::cut_off_leader() {
  for (int i = 0; i < 3; ++i) {
    const Node victim = leader_or_any();
    note("  cut off " + name(victim));
    surround(victim, Mode::kCut, Mode::kCut);
    wait_ms(300, 1200);
    cluster_.network().heal();
    wait_ms(50, 400);
  }
}

void Faults::halves() {
  std::vector<Node> nodes = cluster_.current();
  std::shuffle(nodes.begin(), nodes.end(), random_);
  const size_t split = 1 + below(nodes.size() - 1);
  const Mode mode = below(2) == 0 ? Mode::kHole : Mode::kCut;
  note("  split " + std::to_string(split) + " from " + std::to_string(nodes.size() - split));
  for (size_t i = 0; i < split; ++i) {
    for (size_t j = split; j < nodes.size(); ++j) {
      cluster_.network().set(nodes[i], nodes[j], {.mode = mode});
      cluster_.network().set(nodes[j], nodes[i], {.mode = mode});
    }
  }
  wait_ms(500, 3500);
  cluster_.network().heal();
}

void Faults::one_way_out() {
  const Node victim = leader_or_any();
  note("  " + name(victim) + " hears and is not heard");
  surround(victim, Mode::kHole, Mode::kOpen);
  wait_ms(500, 3500);
  cluster_.network().heal();
}

void Faults::one_way_in() {
  const Node victim = leader_or_any();
  note("  " + name(victim) + " is heard and does not hear");
  surround(victim, Mode::kOpen, Mode::kHole);
  wait_ms(500, 3500);
  cluster_.network().heal();
}

void Faults::part_pair() {
  const Node one = leader_or_any();
  Node other = any();
  while (other == one) other = any();
  const Mode mode = below(2) == 0 ? Mode::kHole : Mode::kCut;
  note("  part " + name(one) + " and " + name(other));
  cluster_.network().set(one, other, {.mode = mode});
  cluster_.network().set(other, one, {.mode = mode});
  wait_ms(1000, 4000);
  cluster_.network().heal();
}

void Faults::slow_links() {
  const std::chrono::milliseconds delay(5 + below(100)), jitter(below(200));
  note("  every link slower by " + std::to_string(delay.count()) + " to " + std::to_string((delay + jitter).count()) +
       " ms");
  for (const Node from : cluster_.current()) {
    for (const Node to : cluster_.current()) cluster_.network().set(from, to, {.delay = delay, .jitter = jitter});
  }
  wait_ms(1500, 4000);
  cluster_.network().heal();
}

// Beyond the election timeout: it leads, if it still does, with old news.
void Faults::slow_leader() {
  const Node victim = leader_or_any();
  const std::chrono::milliseconds delay(500 + below(2000));
  note("  " + name(victim) + " is heard " + std::to_string(delay.count()) + " ms late");
  for (const Node to : cluster_.current()) cluster_.network().set(victim, to, {.delay = delay});
  wait_ms(1500, 4000);
  cluster_.network().heal();
}

void Faults::rolling_restart() {
  for (const Node node : cluster_.current()) {
    note("  restart " + name(node));
    if (!cluster_.at(node).stop(kStopTime)) fail(name(node) + " did not end on SIGTERM");
    restart(node);
    if (!cluster_.wait_until_healthy(node, 20s)) fail(name(node) + " is not healthy after a restart");
  }
}

// Long enough, with a small snapshot count, that the log it lacks is gone.
void Faults::long_absence() {
  const Node victim = any();
  const bool killed = below(2) == 0;
  if (killed) {
    kill(victim);
  } else {
    note("  isolate " + name(victim));
    surround(victim, Mode::kHole, Mode::kHole);
  }
  wait_ms(4000, 6000);
  cluster_.network().heal();
  if (killed) restart(victim);
}

bool Faults::add_voter() {
  const std::optional<Node> added = cluster_.add(false, kReconfigurationTime);
  if (!added) {
    fail("no member could be added");
    return false;
  }
  note("  added " + name(*added));
  if (!cluster_.wait_until_healthy(*added, kReconfigurationTime))
    fail(name(*added) + " does not serve after it was added");
  return true;
}

bool Faults::remove(Node node) {
  note("  remove " + name(node));
  if (!cluster_.remove(node, kReconfigurationTime)) {
    fail(name(node) + " could not be removed");
    return false;
  }
  // It stops itself when it learns of its removal; one that is cut off or dead never does.
  if (!cluster_.at(node).wait_for_end(10s)) {
    note("  " + name(node) + " had to be killed");
    cluster_.at(node).kill();
  }
  return true;
}

void Faults::replace_member() {
  const Node victim = any();
  if (remove(victim)) add_voter();
}

void Faults::replace_dead_member() {
  const Node victim = any();
  kill(victim);
  wait_ms(200, 1500);
  if (remove(victim)) {
    add_voter();
  } else {
    restart(victim);
  }
}

void Faults::remove_leader() {
  const Node victim = leader_or_any();
  if (remove(victim)) add_voter();
}

void Faults::add_learner() {
  const std::optional<Node> added = cluster_.add(true, kReconfigurationTime);
  if (!added) return fail("no learner could be added");
  note("  added learner " + name(*added));
  if (!cluster_.promote(*added, kReconfigurationTime)) return fail(name(*added) + " could not be promoted");
  note("  promoted " + name(*added));
  if (!cluster_.wait_until_healthy(*added, kReconfigurationTime))
    fail(name(*added) + " does not serve after its promotion");
  remove(any());
}

void Faults::grow_and_shrink() {
  const size_t before = cluster_.current().size();
  if (!add_voter() || !add_voter()) return;
  wait_ms(200, 800);
  while (cluster_.current().size() > before && remove(any())) {
  }
}

// It may end by itself rather than go on; then it is started again, first without and then with room.
void Faults::full_disk() {
  const Node victim = 0;
  const std::vector<Node> nodes = cluster_.current();
  if (!tools_.first_disk || std::ranges::find(nodes, victim) == nodes.end()) return note("  skipped: no disk to fill");
  tools_.first_disk->fill();
  wait_ms(1500, 3000);
  if (!cluster_.at(victim).is_running()) {
    note("  " + name(victim) + " has ended");
    cluster_.network().down(victim);
    restart(victim);
    wait_ms(300, 1000);
  }
  tools_.first_disk->clear();
  if (!cluster_.at(victim).is_running()) {
    cluster_.network().down(victim);
    restart(victim);
  }
  if (!cluster_.disarm_alarms(kReconfigurationTime)) fail("the alarms of a full disk cannot be taken back");
}

// Links that are made anew must do with the new ones, and no member is started again.
void Faults::new_certificates() {
  if (!tools_.certificates) return note("  skipped: the links are not encrypted");
  tools_.certificates->renew();
  for (const Node node : cluster_.current()) {
    surround(node, Mode::kCut, Mode::kCut);
    wait_ms(50, 200);
    cluster_.network().heal();
    wait_ms(300, 800);
  }
}

bool Faults::all_are_well() { return cluster_.leader() && cluster_.wait_until_all_healthy(kReconfigurationTime); }

void Faults::suffer_disk(Node node, const std::string& order, uint64_t least_ms, uint64_t most_ms) {
  if (!cluster_.at(node).has_faulty_disk()) return note("  skipped: no library for a faulty disk");
  note("  the disk of " + name(node) + ": " + order);
  cluster_.at(node).order_disk(order);
  wait_ms(least_ms, most_ms);
  cluster_.at(node).order_disk("");
  if (!cluster_.at(node).is_running()) {
    cluster_.network().down(node);
    restart(node);
  }
}

void Faults::slow_disk() { suffer_disk(leader_or_any(), "delay " + std::to_string(20 + below(600)), 1000, 4000); }
void Faults::hung_disk() { suffer_disk(leader_or_any(), "hang", 500, 5000); }
void Faults::failing_disk() { suffer_disk(any(), "fail", 200, 1500); }

// One at a time: what a majority has lost nobody can bring back.
void Faults::damaged_log() {
  if (!tools_.heals) return note("  skipped: damage is the end of a member");
  if (!all_are_well()) return note("  skipped: not all members are well");
  const Node victim = any();
  kill(victim);
  note("  " + damage_log(cluster_.at(victim).data_directory(), random_));
  wait_ms(0, 1000);
  restart(victim);
  if (!wait_until_healed(cluster_.at(victim).data_directory(), kReconfigurationTime))
    fail(name(victim) + " does not get back what it has lost");
}

// To data of a moment before, as from a backup or by a disk that never wrote what it said. Only while the others have
// elected a leader among them: its vote, if it is asked before it is found out, is worth nothing.
void Faults::rolled_back() {
  if (!tools_.heals) return note("  skipped: damage is the end of a member");
  if (!all_are_well()) return note("  skipped: not all members are well");
  const Node victim = any();
  const std::string data = cluster_.at(victim).data_directory(), copy = data + ".copy";
  kill(victim);
  std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive);
  restart(victim);
  if (!cluster_.wait_until_healthy(victim, kReconfigurationTime)) return fail(name(victim) + " does not serve again");
  wait_ms(500, 1500);
  kill(victim);
  std::filesystem::remove_all(data);
  std::filesystem::rename(copy, data);
  wait_ms(2000, 2500);
  if (!cluster_.leader()) {
    note("  without a leader, " + name(victim) + " stays down");
    if (remove(victim)) add_voter();
    return;
  }
  note("  " + name(victim) + " is rolled back");
  restart(victim);
  if (!cluster_.at(victim).wait_for_end(5s)) return note("  and had missed nothing");
  if (remove(victim)) add_voter();
}

// Whether it has ended.
bool Faults::run_out(Node node, int resource, uint64_t limit) {
  const auto which = static_cast<__rlimit_resource>(resource);
  const pid_t pid = cluster_.at(node).pid();
  rlimit before{};
  if (::prlimit(pid, which, nullptr, &before) != 0) return false;
  const rlimit scarce{limit, before.rlim_max};
  ::prlimit(pid, which, &scarce, nullptr);
  wait_ms(1000, 3000);
  if (!cluster_.at(node).is_running()) return true;
  ::prlimit(pid, which, &before, nullptr);
  return false;
}

// It goes on with the connections it has; it ends if it is the store that wants one more file (FM-3).
void Faults::few_descriptors() {
  const Node victim = leader_or_any();
  const size_t open = descriptors_of(cluster_.at(victim).pid());
  note("  " + name(victim) + " may open no more than " + std::to_string(open) + " files");
  if (run_out(victim, RLIMIT_NOFILE, open)) begin_again(victim);
}

void Faults::begin_again(Node node) {
  note("  " + name(node) + " has ended");
  cluster_.network().down(node);
  restart(node);
}

// It may end (FM-10), and then begins again with enough.
void Faults::little_memory() {
  const Node victim = leader_or_any();
  note("  " + name(victim) + " gets no more memory");
  if (run_out(victim, RLIMIT_AS, address_space_of(cluster_.at(victim).pid()) + (4 << 20))) begin_again(victim);
}

void Faults::move_leader() {
  for (int i = 0; i < 5; ++i) {
    const Node target = any();
    if (cluster_.move_leader(target, 3s)) note("  moved to " + name(target));
    wait_ms(50, 400);
  }
}

}  // namespace viaduct::cluster_test
