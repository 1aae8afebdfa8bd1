#include "test/sim/plan.h"

#include <algorithm>

namespace viaduct::sim {
namespace {

using std::chrono::milliseconds;

constexpr size_t kRequestLimit = 1536 << 10;

// Zero for half of all seeds.
double rate(Dice& dice, double most) { return dice.chance(0.5) ? dice.log_between(most / 100, most) : 0; }

Nanoseconds interval_of(Dice& dice, Nanoseconds least, Nanoseconds most) {
  return static_cast<Nanoseconds>(dice.log_between(static_cast<double>(least), static_cast<double>(most)));
}

Nanoseconds interval(Dice& dice, Nanoseconds least, Nanoseconds most) {
  return dice.chance(0.5) ? 0 : interval_of(dice, least, most);
}

NetworkTemper draw_network(Dice& dice) {
  NetworkTemper network;
  network.loss = rate(dice, 0.3);
  network.repeat = rate(dice, 0.5);
  network.reorder = rate(dice, 1);
  network.late = rate(dice, 0.1);
  if (dice.chance(0.5))
    network.snapshot_pause_most = static_cast<Nanoseconds>(dice.log_between(10 * kMillisecond, 5 * kSecond));
  network.delay_most = static_cast<Nanoseconds>(dice.log_between(200 * kMicrosecond, 50 * kMillisecond));
  return network;
}

DiskTemper draw_disk(Dice& dice) {
  DiskTemper disk;
  disk.sync_most = static_cast<Nanoseconds>(dice.log_between(200 * kMicrosecond, 10 * kMillisecond));
  disk.wait = rate(dice, 0.2);
  disk.stall = rate(dice, 0.01);
  disk.hang = rate(dice, 0.2);
  disk.stall_most = static_cast<Nanoseconds>(dice.log_between(kSecond, 300 * kSecond));
  disk.crash = dice.chance(0.4) ? dice.log_between(1e-5, 5e-3) : 0;
  disk.failure = dice.chance(0.3) ? dice.log_between(1e-5, 1e-2) : 0;
  return disk;
}

}  // namespace

void draw_bounds(Dice& dice, Plan& plan) {
  const auto draw = [&](double least, double most) { return static_cast<uint64_t>(dice.log_between(least, most)); };
  plan.retention.entries = draw(1, 300);
  plan.retention.bytes = draw(1, 100'000);
  plan.retention.bytes_for_follower = plan.retention.bytes + draw(1, dice.chance(0.5) ? 1000 : 100'000);
  plan.retention.step_bytes = draw(1, 10'000);
  plan.store.value_cache_bytes = draw(1, 1 << 20);
  plan.store.recent_events_bytes = draw(1, 1 << 20);
  plan.store.write_buffer_bytes = draw(64 << 10, 1 << 20);
  if (dice.chance(0.5)) plan.entry_cache_bytes = draw(1, 100'000);
  if (dice.chance(0.3)) plan.serving.io_threads = 2;
  if (dice.chance(0.5))
    plan.serving.watch_progress_interval =
        std::chrono::nanoseconds(interval_of(dice, 100 * kMillisecond, 10 * kSecond));
  if (dice.chance(0.5)) {
    server::Limits& limits = plan.serving.limits;
    limits.unread_bytes = draw(8, 100'000);
    limits.watch_unread_bytes = draw(1, 10'000);
    limits.watch_backlog_bytes = draw(1, 100'000);
  }
  if (dice.chance(0.5)) return;
  plan.raft.max_append_bytes = draw(1, 100'000);
  plan.raft.max_apply_bytes = draw(1, 100'000);
  plan.raft.window.messages = draw(1, 100);
  plan.raft.window.bytes = draw(1, 100'000);
}

Plan draw_plan(Dice& dice) {
  Plan plan;
  const uint64_t size = dice.below(10);
  plan.members = size == 0 ? 1 : size < 8 ? 3 : 5;
  plan.scheduling.random_order = dice.chance(0.8);
  plan.scheduling.preemption = dice.chance(0.5) ? dice.log_between(1e-4, 2e-2) : 0;
  plan.network = draw_network(dice);
  plan.disk = draw_disk(dice);

  plan.load.v2_clients = dice.chance(0.5) ? dice.below(3) : 0;
  plan.load.v3_clients = dice.chance(0.5) ? dice.below(3) : 0;
  plan.load.lease_clients = dice.below(3);
  plan.load.ttl_clients = dice.below(3);
  plan.load.v3_watchers = dice.below(3);
  plan.load.v2_watchers = dice.below(3);
  plan.scenarios = draw_scenarios(dice);
  plan.load.chores = dice.below(3);
  plan.load.compacts = dice.chance(0.5);
  if (dice.chance(0.3)) {
    plan.heartbeat = milliseconds(50);
    plan.election = milliseconds(500);
  }
  plan.load.election_timeout = plan.election;
  plan.load.recovery = 30 * plan.election;
  plan.snapshot_count = static_cast<uint64_t>(dice.log_between(5, dice.chance(0.5) ? 50 : 1000));
  // In small ones old entries go early, and who was away for a while needs a snapshot.
  plan.segment_bytes = static_cast<uint64_t>(dice.log_between(12, dice.chance(0.5) ? 24 : 512)) * kSectorBytes;

  if (dice.chance(0.08)) plan.segment_bytes = 2 << 20;  // room for the largest request
  plan.scenarios.largest_request = std::min<size_t>(kRequestLimit, plan.segment_bytes - 2 * kSectorBytes);

  draw_bounds(dice, plan);
  plan.members_differ = dice.chance(0.3);
  if (dice.chance(0.3)) plan.socket_window_bytes = static_cast<size_t>(dice.log_between(1000, 100'000));

  plan.trouble = dice.between(3 * kSecond, 15 * kSecond);
  const Nanoseconds shortest = kSecond, longest = 30 * kSecond;
  plan.kill = interval(dice, shortest, longest);
  plan.power_loss = interval(dice, shortest, longest);
  plan.power_loss_of_all = interval(dice, 3 * shortest, longest);
  plan.pause = interval(dice, shortest, longest);
  plan.partition = interval(dice, shortest, longest);
  plan.stop = interval(dice, shortest, longest);
  plan.clock_jump = interval(dice, shortest, longest);
  if (dice.chance(0.3)) plan.damage = interval_of(dice, shortest, longest);
  plan.spares_majority = plan.damage == 0 || dice.chance(0.8);
  if (dice.chance(0.2) && plan.spares_majority) plan.rollback = dice.between(2 * shortest, longest / 3);
  plan.reshapes = dice.chance(0.2);
  plan.strict_reconfig = dice.chance(0.3);
  if (plan.reshapes) {
    plan.trouble += 10 * kSecond;     // a member has to be there for some seconds before another may come
    plan.damage = plan.rollback = 0;  // what is a minority changes
    plan.spares_majority = true;
  }
  // Chores move leadership.
  plan.drills = plan.members > 1 && !plan.reshapes && plan.load.chores == 0 && dice.chance(0.5);
  plan.clock_rate_error = plan.load.clock_error = rate(dice, 0.05);
  return plan;
}

}  // namespace viaduct::sim
