// One member: a machine with its disk, and on it, while it runs, what server/server.cc starts: the node, the routes of
// both APIs, a loop and a listener.
// Threads: the world's; live() and what is called from it on the machine's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/config.h"
#include "server/node.h"
#include "server/node_timings.h"
#include "test/sim/chronicle.h"
#include "test/sim/invariants.h"
#include "test/sim/network.h"
#include "test/sim/scheduler.h"
#include "test/sim/slow_disk.h"
#include "test/sim/sockets.h"

namespace viaduct::sim {

class Member {
 public:
  struct World {
    Scheduler& scheduler;
    Network& network;
    Sockets& sockets;
    std::function<void(const std::string&)> complain;  // about what no right server does
    Invariants& invariants;
    Chronicle& chronicle;
  };
  struct Serving {  // of what server/config.h has
    uint32_t io_threads = 1;
    std::chrono::nanoseconds watch_progress_interval = std::chrono::minutes(10);
    server::Limits limits;
  };
  enum class End { kKilled, kPowerLost };

  Member(const World& world, server::NodeOptions options, const Serving& serving, uint16_t port, Dice dice);

  void start();
  void end(End how);
  void ask_to_stop();  // as a terminate signal does
  bool is_stopping() const { return stop_asked_; }
  void pause(bool paused) { world_.scheduler.pause(machine_, paused); }

  // Runs `what` on a thread of the machine; false: it did not come to its end in time.
  bool call(const std::function<void(server::Node&)>& what, Nanoseconds time);

  const server::NodeOptions& options() const { return options_; }
  MemberId id() const { return options_.self.id; }
  const std::string& name() const { return machine_.name; }
  uint16_t port() const { return port_; }
  bool runs() const { return machine_.runs; }
  bool serves() const { return runs() && serves_; }
  // While it does not run: some file of its log or state changes under it. Says which.
  std::string damage(Dice& dice);
  // Once, or rolled back; it may be beyond repair, and then it says so and does not start.
  bool is_damaged() const { return damaged_; }
  void lose_its_word() { damaged_ = true; }      // its disk holds less than it has acknowledged
  bool was_removed() const { return removed_; }  // and knows
  Machine& machine() { return machine_; }
  SlowDisk& disk() { return disk_; }
  uint64_t starts() const { return starts_; }
  uint64_t hung() const { return hung_; }  // how often it ended because its disk hung
  bool ended_by_disk() const { return !runs() && (disk_.has_failed() || has_hung_); }

 private:
  class Observer;
  void live();
  void check_standing();
  void serve(server::Node& node, const server::NodeTimings& timings, const Clock& clock);
  void watch_disk(const server::Node& node);
  void ended(bool noticed);

  const World world_;
  const server::NodeOptions options_;
  const Serving serving_;
  const uint16_t port_;
  Machine& machine_;
  Network::Wire& wire_;
  SlowDisk disk_;
  server::Node* node_ = nullptr;  // while it runs
  bool serves_ = false;
  bool removed_ = false;
  bool damaged_ = false;
  bool stop_asked_ = false;
  bool has_hung_ = false;  // its disk, since it was started
  uint64_t starts_ = 0, hung_ = 0;
};

}  // namespace viaduct::sim
