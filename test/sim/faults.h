// Breaks things while the clients work: each kind of fault comes as often as the plan has it, and is mended after a
// time.
// Threads: the world's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/mark.h"
#include "test/sim/member.h"
#include "test/sim/plan.h"
#include "test/sim/rollback.h"

namespace viaduct::sim {

class Faults {
 public:
  using Members = std::vector<std::unique_ptr<Member>>;
  Faults(const Member::World& world, const Plan& plan, Members& members, Dice dice);
  ~Faults();

  void temper(Member& member);  // one that came later, until all is mended
  void inflict();               // for as long as the plan has it
  void mend_all();              // then all members run, and nothing stands between them

  struct Count {
    const char* name;
    uint64_t times = 0;
  };
  std::vector<Count> counts() const;

 private:
  enum Kind {
    kKill,
    kPowerLoss,
    kPowerLossOfAll,
    kPause,
    kPartition,
    kStop,
    kClockJump,
    kDamage,
    kRollback,
    kDrawn,
    kCrashAtCall = kDrawn,
    kCrashAtMark,
    kDelayAtMark,
    kKinds
  };

  void begin(Kind kind);
  void end(Member& member, Member::End how);
  void restart_later(Member& member);
  void crash_at_call(Member& member);
  void crash_now(Member& member, const std::string& where);
  void arm_marks();
  void at_mark(const Mark& mark);
  void pause(Member& member);
  void partition();
  void damage(Member& member);
  void restart_the_ended();
  void roll_back(Member& member);
  void revive_the_dead();
  void look_after_the_failed();
  Member& any() { return *members_[dice_.below(members_.size())]; }
  Nanoseconds timeouts(double least, double most);  // election timeouts
  void tell(const std::string& what);

  const Member::World world_;
  const Plan& plan_;
  Members& members_;
  Dice dice_;
  Rollback rollback_;
  bool mended_ = false;
  std::set<const Mark*> armed_;  // only looked up (SIM-6)
  std::array<uint64_t, kKinds> counts_{};
};

}  // namespace viaduct::sim
