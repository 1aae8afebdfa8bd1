// What a seed decides before its run begins: how large the cluster is, how everything is tempered, and how often what
// is broken. Many rates are zero, so that what needs a calm world to show has one (SIM-5).
#pragma once

#include <chrono>
#include <string>

#include "server/node_options.h"
#include "test/cluster/load.h"
#include "test/sim/dice.h"
#include "test/sim/member.h"
#include "test/sim/network.h"
#include "test/sim/scenarios/scenarios.h"
#include "test/sim/scheduler.h"
#include "test/sim/slow_disk.h"

namespace viaduct::sim {

struct Plan {
  size_t members = 3;
  SchedulerOptions scheduling;
  NetworkTemper network;
  DiskTemper disk;
  cluster_test::LoadSetting load;
  ScenarioPlan scenarios;

  std::chrono::milliseconds heartbeat{100}, election{1000};
  uint64_t snapshot_count = 1000;
  server::LogRetention::Limits retention;
  raft::Options raft;
  store::Options store;
  uint64_t segment_bytes = 64 << 10;
  uint64_t entry_cache_bytes = 16 << 20;
  Member::Serving serving;
  size_t socket_window_bytes = 256 << 10;

  Nanoseconds trouble = 10 * kSecond;  // how long things are broken
  // Mean time between two of a kind, over the whole cluster; 0: never.
  Nanoseconds kill = 0, power_loss = 0, power_loss_of_all = 0, pause = 0, partition = 0, stop = 0, clock_jump = 0,
              damage = 0, rollback = 0;
  double clock_rate_error = 0;  // up to 5 %
  bool reshapes = false;        // members are added, promoted and removed
  bool strict_reconfig = true;
  bool members_differ = false;  // each has bounds of its own: no setting may show in what is applied (INV-A1)
  bool drills = false;          // once all is mended (drill.h)
  bool spares_majority = true;  // damage leaves a majority whole; if not, nobody may serve at the end (SIM-4)
};

Plan draw_plan(Dice& dice);
// Down to where each rare path is an everyday one.
void draw_bounds(Dice& dice, Plan& plan);
std::string describe(const Plan& plan);  // plan_text.cc

}  // namespace viaduct::sim
