// What a plan has drawn, in one paragraph, for whoever plays its seed again.
#include <ostream>
#include <sstream>

#include "test/sim/plan.h"

namespace viaduct::sim {
namespace {

void add_clients(std::ostream& text, const Plan& plan) {
  const cluster_test::LoadSetting& load = plan.load;
  text << load.v2_clients << " v2, " << load.v3_clients << " v3, " << load.lease_clients << " lease, "
       << load.ttl_clients << " ttl clients, " << load.v3_watchers << " v3, " << load.v2_watchers << " v2 watchers, "
       << load.chores << (load.compacts ? " chores with compaction" : " chores");
  for (const auto& [name, clients] : named(plan.scenarios)) text << ", " << clients << " " << name;
}

void add_tempers(std::ostream& text, const Plan& plan) {
  text << "; preemption " << plan.scheduling.preemption << (plan.scheduling.random_order ? "" : " in order")
       << ", loss " << plan.network.loss << ", repeat " << plan.network.repeat << ", reorder " << plan.network.reorder
       << ", late " << plan.network.late << ", delay up to " << plan.network.delay_most / kMillisecond
       << " ms, disk failure " << plan.disk.failure << ", wait " << plan.disk.wait << ", crash " << plan.disk.crash
       << ", stall " << plan.disk.stall << ", hang " << plan.disk.hang << ", clock error " << plan.clock_rate_error;
}

void add_bounds(std::ostream& text, const Plan& plan) {
  text << "; heartbeat " << plan.heartbeat.count() << " ms, election " << plan.election.count()
       << " ms, snapshot count " << plan.snapshot_count << ", segment " << plan.segment_bytes << ", entries kept "
       << plan.retention.entries << ", append " << plan.raft.max_append_bytes << ", window "
       << plan.raft.window.messages << ", entry cache " << plan.entry_cache_bytes << ", loops "
       << plan.serving.io_threads << ", sockets' windows " << plan.socket_window_bytes;
  if (plan.members_differ) text << ", members differ";
}

void add_faults(std::ostream& text, const Plan& plan) {
  text << "; for " << plan.trouble / kMillisecond << " ms, every so many of them:";
  const auto add = [&](const char* kind, Nanoseconds interval) {
    if (interval > 0) text << " " << kind << " " << interval / kMillisecond << ",";
  };
  add("kill", plan.kill);
  add("power", plan.power_loss);
  add("power of all", plan.power_loss_of_all);
  add("pause", plan.pause);
  add("partition", plan.partition);
  add("stop", plan.stop);
  add("clock", plan.clock_jump);
  add(plan.spares_majority ? "damage" : "damage to any", plan.damage);
  add("rollback", plan.rollback);
  text << (plan.drills ? " then a drill" : " no drill");
  if (plan.reshapes) text << "; members come and go" << (plan.strict_reconfig ? ", strictly" : "");
}

}  // namespace

std::string describe(const Plan& plan) {
  std::ostringstream text;
  text << plan.members << " members; ";
  add_clients(text, plan);
  add_tempers(text, plan);
  add_bounds(text, plan);
  add_faults(text, plan);
  return text.str();
}

}  // namespace viaduct::sim
