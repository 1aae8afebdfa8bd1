#include "test/sim/faults.h"

#include <algorithm>
#include <cmath>

namespace viaduct::sim {
namespace {

constexpr Nanoseconds kSupervisor = kSecond;  // looks after processes that ended themselves that often

}  // namespace

std::vector<Faults::Count> Faults::counts() const {
  return {{"kill", counts_[kKill]},
          {"power loss", counts_[kPowerLoss]},
          {"power loss of all", counts_[kPowerLossOfAll]},
          {"pause", counts_[kPause]},
          {"partition", counts_[kPartition]},
          {"stop", counts_[kStop]},
          {"clock jump", counts_[kClockJump]},
          {"damaged file", counts_[kDamage]},
          {"rolled back", counts_[kRollback]},
          {"crash at a call of the disk", counts_[kCrashAtCall]},
          {"crash at a mark", counts_[kCrashAtMark]},
          {"delay at a mark", counts_[kDelayAtMark]}};
}

Faults::Faults(const Member::World& world, const Plan& plan, Members& members, Dice dice)
    : world_(world), plan_(plan), members_(members), dice_(dice), rollback_(world, members) {
  for (const auto& member : members_) temper(*member);
  arm_marks();
}

Faults::~Faults() { Mark::on_reached = nullptr; }

// As the plan has it, from now on.
void Faults::temper(Member& member) {
  if (mended_) return;
  member.disk().on_crash = [this, &member] { crash_at_call(member); };
  member.disk().set_temper(plan_.disk);
}

void Faults::tell(const std::string& what) {
  if (world_.scheduler.trace().shown()) world_.scheduler.trace().line(world_.scheduler.now(), "fault", what);
}

Nanoseconds Faults::timeouts(double least, double most) {
  return static_cast<Nanoseconds>(dice_.log_between(least, most) * static_cast<double>(plan_.election.count())) *
         kMillisecond;
}

void Faults::inflict() {
  const std::array<Nanoseconds, kDrawn> means{plan_.kill,       plan_.power_loss, plan_.power_loss_of_all,
                                              plan_.pause,      plan_.partition,  plan_.stop,
                                              plan_.clock_jump, plan_.damage,     plan_.rollback};
  const auto draw = [&](Nanoseconds mean) {
    if (mean == 0) return kNever;
    return world_.scheduler.now() + static_cast<Nanoseconds>(-std::log(1 - dice_.unit()) * static_cast<double>(mean));
  };
  std::array<Nanoseconds, kDrawn> next{};
  std::ranges::transform(means, next.begin(), draw);
  const Nanoseconds end = world_.scheduler.now() + plan_.trouble;
  Nanoseconds look = world_.scheduler.now() + kSupervisor;
  for (;;) {
    const auto first = std::ranges::min_element(next);
    const Nanoseconds until = std::min({*first, end, look});
    world_.scheduler.wait(this, until);
    if (world_.scheduler.now() >= end) return;
    if (world_.scheduler.now() >= look) {
      revive_the_dead();
      look = world_.scheduler.now() + kSupervisor;
    }
    if (world_.scheduler.now() < *first) continue;
    const auto kind = static_cast<Kind>(first - next.begin());
    *first = draw(means[kind]);
    begin(kind);
  }
}

void Faults::begin(Kind kind) {
  ++counts_[kind];
  Member& member = any();
  switch (kind) {
    case kKill:
      tell("kill " + member.name());
      return end(member, Member::End::kKilled);
    case kPowerLoss:
      tell("power loss of " + member.name());
      return end(member, Member::End::kPowerLost);
    case kPowerLossOfAll:
      tell("power loss of all");
      for (const auto& each : members_) end(*each, Member::End::kPowerLost);
      return;
    case kPause:
      return pause(member);
    case kPartition:
      return partition();
    case kStop:
      tell("stop " + member.name());
      return member.ask_to_stop();
    case kClockJump: {
      constexpr double kTenYears = 10 * 365.25 * 86400 * 1e9;
      const double by = dice_.log_between(1e6, kTenYears) * (dice_.chance(0.5) ? 1 : -1);
      tell("wall clock of " + member.name() + " by " + std::to_string(by / 1e9) + " s");
      member.machine().wall_offset = static_cast<Nanoseconds>(by);
      return;
    }
    case kDamage:
      return damage(member);
    case kRollback:
      return roll_back(member);
    case kCrashAtCall:
    case kCrashAtMark:
    case kDelayAtMark:
    case kKinds:
      return;
  }
}

void Faults::end(Member& member, Member::End how) {
  const bool ran = member.runs();
  member.end(how);
  if (ran) restart_later(member);
}

// The thread that called waits for this for ever.
void Faults::crash_at_call(Member& member) {
  ++counts_[kCrashAtCall];
  crash_now(member, "a call of its disk");
}

void Faults::crash_now(Member& member, const std::string& where) {
  const auto how = dice_.chance(0.5) ? Member::End::kKilled : Member::End::kPowerLost;
  world_.scheduler.at(world_.scheduler.now(), [this, &member, how, where] {
    if (!member.runs()) return;
    tell(member.name() + " ends at " + where + (how == Member::End::kPowerLost ? ", power lost" : ""));
    end(member, how);
  });
}

// A quarter of all marks, and these do something each fourth time.
void Faults::arm_marks() {
  for (const Mark& mark : Mark::all()) {
    if (dice_.chance(0.25)) armed_.insert(&mark);
  }
  static Faults* current;
  current = this;
  Mark::on_reached = [](Mark& mark) { current->at_mark(mark); };
}

void Faults::at_mark(const Mark& mark) {
  Scheduler& scheduler = world_.scheduler;
  if (mended_ || !scheduler.self() || !armed_.contains(&mark) || !dice_.chance(0.25)) return;
  const auto found =
      std::ranges::find_if(members_, [&](const auto& member) { return &member->machine() == &scheduler.machine(); });
  if (found == members_.end()) return;
  if (dice_.chance(0.3)) {
    ++counts_[kCrashAtMark];
    crash_now(**found, std::string("\"") + mark.name + "\"");
    scheduler.wait(&mark);
  }
  ++counts_[kDelayAtMark];
  scheduler.wait(&mark,
                 scheduler.now() + static_cast<Nanoseconds>(dice_.log_between(kMicrosecond, 100 * kMillisecond)));
}

void Faults::restart_later(Member& member) {
  world_.scheduler.at(world_.scheduler.now() + timeouts(0.01, 10), [this, &member] {
    if (mended_ || member.runs() || member.was_removed()) return;
    tell("start " + member.name());
    member.start();
  });
}

void Faults::restart_the_ended() {
  for (const auto& member : members_) {
    if (!member->runs() && !member->was_removed()) member->start();
  }
}

// Those that ended by themselves.
void Faults::revive_the_dead() {
  for (const auto& member : members_) {
    if (!member->runs() && !member->was_removed()) restart_later(*member);
  }
}

void Faults::pause(Member& member) {
  if (!member.runs() || member.machine().paused) return;
  const Nanoseconds time = timeouts(0.01, 20);
  tell("pause " + member.name() + " for " + std::to_string(time / kMillisecond) + " ms");
  member.pause(true);
  world_.scheduler.at(world_.scheduler.now() + time, [&member] { member.pause(false); });
}

// One alone, two halves, any graph, or one direction only; healed after a time.
void Faults::partition() {
  const uint64_t shape = dice_.below(4);
  const MemberId alone = any().id();
  std::vector<bool> side(members_.size());
  for (size_t i = 0; i < members_.size(); ++i) side[i] = dice_.chance(0.5);
  std::string text;
  for (size_t i = 0; i < members_.size(); ++i) {
    for (size_t j = 0; j < members_.size(); ++j) {
      if (i == j) continue;
      const MemberId from = members_[i]->id(), to = members_[j]->id();
      const bool apart = shape == 0   ? from == alone || to == alone
                         : shape == 1 ? side[i] != side[j]
                         : shape == 2 ? dice_.chance(0.4)
                                      : from == alone;
      if (!apart) continue;
      world_.network.cut(from, to);
      text += " " + members_[i]->name() + ">" + members_[j]->name();
    }
  }
  const Nanoseconds time = timeouts(0.1, 100);
  tell("cut" + text + " for " + std::to_string(time / kMillisecond) + " ms");
  world_.scheduler.at(world_.scheduler.now() + time, [this] {
    if (!mended_) world_.network.heal();
  });
}

// Of a minority only, if the plan has it so: the others have all that is lost here (FM-6).
void Faults::damage(Member& member) {
  const auto damaged =
      static_cast<size_t>(std::ranges::count_if(members_, [](const auto& one) { return one->is_damaged(); }));
  if (plan_.spares_majority && !member.is_damaged() && damaged >= (plan_.members - 1) / 2)
    return void(--counts_[kDamage]);
  const bool ran = member.runs();
  member.end(Member::End::kKilled);
  tell(member.name() + " is damaged: " + member.damage(dice_));
  if (ran) restart_later(member);
}

// To a backup that was made when it was to be rolled back before; without one to nothing.
void Faults::roll_back(Member& member) {
  const bool rolls = dice_.chance(0.5) && rollback_.may(member);
  if (!rolls) {
    --counts_[kRollback];
    return rollback_.back_up(member, dice_);
  }
  tell(member.name() + " is rolled back");
  member.end(Member::End::kKilled);
  rollback_.perform(member);
  restart_later(member);
}

void Faults::mend_all() {
  tell("all is mended");
  mended_ = true;
  world_.network.calm();
  for (const auto& member : members_) {
    member->disk().set_temper({});
    member->pause(false);
  }
  for (const auto& member : members_) {
    while (member->runs() && member->is_stopping()) world_.scheduler.wait(this, world_.scheduler.now() + kSupervisor);
  }
  restart_the_ended();
  look_after_the_failed();
}

// What failed or hung before all was mended may end a process only later, when it comes to what was not written.
void Faults::look_after_the_failed() {
  world_.scheduler.at(world_.scheduler.now() + kSupervisor, [this] {
    for (const auto& member : members_) {
      if (member->ended_by_disk() && !member->was_removed()) member->start();
    }
    look_after_the_failed();
  });
}

}  // namespace viaduct::sim
