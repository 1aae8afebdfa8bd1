// An operator who adds, promotes, updates and removes members while everything else goes on (RF-10, INV-M1 to M3), and
// objects when the members are not what they were said to be (roster.h). What it is refused it leaves at that; what it
// may have been granted without hearing of it, it looks up.
// Threads: one of the world's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/founding.h"
#include "test/cluster/v3_client.h"
#include "test/sim/dice.h"
#include "test/sim/roster.h"

namespace viaduct::sim {

class Reshaper {
 public:
  struct World {
    std::function<std::vector<int>()> ports;  // of members that may be asked
    // As some member's peer port tells them, also while it does not serve clients.
    std::function<std::optional<std::vector<v3bridge::Member>>()> members_among_peers;
    std::function<std::string()> new_peer_url;
    // A machine for the member with that URL is there from now on.
    std::function<void(MemberId id, const std::string& peer_url, server::Founding founding)> join;
    std::function<void(const std::string& what)> complain;
  };
  Reshaper(World world, const std::vector<v3bridge::Member>& founders, Dice dice)
      : world_(std::move(world)), dice_(dice), roster_(founders) {}

  void run();  // until stop()
  void stop() { stopped_ = true; }
  // Once all is mended: asks again for what was not answered, until it was or `time` is over. False: it was not.
  bool settle(std::chrono::nanoseconds time);

  std::optional<std::vector<v3bridge::Member>> members();  // nothing if nobody answers
  uint64_t added() const { return added_; }
  uint64_t promoted() const { return promoted_; }
  uint64_t updated() const { return updated_; }
  uint64_t removed() const { return removed_; }

 private:
  void step();
  void change();
  void add(const std::string& url, bool is_learner);
  void promote(MemberId id);
  void update(const v3bridge::Member& member);
  void remove(MemberId id);
  void look_for_added();
  std::optional<std::vector<v3bridge::Member>> ask_for_members(bool linearizable);
  void join(MemberId id, const std::vector<v3bridge::Member>& known);
  cluster_test::V3Client client();

  const World world_;
  Dice dice_;
  Roster roster_;
  bool stopped_ = false;
  // What was asked for and not answered: it may have happened, and may yet happen.
  std::optional<std::string> may_be_added_;  // by its URL
  std::optional<MemberId> may_be_removed_;
  uint64_t added_ = 0, promoted_ = 0, updated_ = 0, removed_ = 0;
};

}  // namespace viaduct::sim
