// The core that has to go on (SIM-8): one thing is wrong with one member or one link, and stays so; all others are
// well. These have a leader within ten election timeouts (INV-R14), one that is able to lead, which stays also when the
// hurt one is well again, and they take every write (RB-43, RB-45, RB-47).
// Threads: the world's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/cluster/violations.h"
#include "test/sim/dice.h"
#include "test/sim/member.h"

namespace viaduct::sim {

class Drill {
 public:
  using Members = std::vector<std::unique_ptr<Member>>;
  Drill(const Member::World& world, const Members& members, Nanoseconds election_timeout, Dice dice,
        cluster_test::Violations& violations)
      : world_(world), members_(members), timeout_(election_timeout), dice_(dice), violations_(violations) {}

  // Begins with three members or more that all serve, and leaves them with nothing broken. Nobody else may move
  // leadership meanwhile. Says what was wrong.
  const char* perform();

 private:
  struct Lead {  // as a member sees it
    uint64_t leader = 0, term = 0;
    bool operator==(const Lead&) const = default;
  };
  struct Hurt {
    const char* name;
    bool hurts_leader;  // then another has to lead
    void (Drill::*inflict)(Member& member);
  };
  static const Hurt kHurts[];

  void cut_a_link(Member& member);
  void cut_off(Member& member);
  void deafen(Member& member);
  void silence(Member& member);
  void slow_disk(Member& member);
  void take_down(Member& member);
  void mend(Member& member);

  std::optional<Lead> lead_seen_by(const Member& member) const;
  std::optional<Lead> agreed_lead(const std::vector<const Member*>& members) const;
  std::optional<Lead> wait_for_lead(const std::vector<const Member*>& members, Nanoseconds time);
  std::vector<const Member*> all_but(const Member* left_out) const;
  void expect_work(const std::vector<const Member*>& core, const Lead& lead);
  std::optional<std::string> write_fails(const Member& member);
  void pass(double timeouts);
  Nanoseconds timeouts(double number) const { return static_cast<Nanoseconds>(number * static_cast<double>(timeout_)); }
  void complain(const std::string& what);

  const Member::World world_;
  const Members& members_;
  const Nanoseconds timeout_;
  Dice dice_;
  cluster_test::Violations& violations_;
  const char* name_ = "";  // of what is wrong
};

}  // namespace viaduct::sim
