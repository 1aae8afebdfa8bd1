#include "world.h"

#include <algorithm>
#include <sstream>

namespace viaduct::model {
namespace {

bool logs_match(const SmallLog& a, const SmallLog& b) {
  uint8_t index = std::min(a.last(), b.last());
  while (index > 0 && a.term(index) != b.term(index)) --index;
  for (; index > 0; --index) {
    if (a.at(index) != b.at(index)) return false;
  }
  return true;
}

void settle(World& world) {
  for (SmallMember& m : world.members) {
    m.log.push({1, 0});
    m.term = m.vote = m.leader = m.commit = m.applied = 1;
    persist(Rules{}, m);
  }
  SmallMember& leader = world.members[0];
  leader.role = Role::kLeader;
  leader.term_start = leader.pending_change = 1;
  Said& said = world.said[0];
  said.leader = said.commit = 1;
  said.log = leader.log;
  world.leaders[0] = world.committed_in[0] = 1;
  world.committed.push({1, 0});
}

void lose(World& world) {
  SmallMember& leader = world.members[0];
  leader.log.push({1, 0});
  persist(Rules{}, leader);
  leader.commit = 2;
  Said& said = world.said[0];
  said.log = leader.log;
  said.committed_before[1] = 1;
  said.commit = 2;
  world.committed.push({1, 0});
  world.committed_in[1] = 1;
  world.members[2].quarantined = true;
  world.members[2].incarnation = 1;
}

}  // namespace

World first_world(const Scope& scope) {
  World world{};
  for (uint8_t id = 1; id <= kMaxMembers; ++id) {
    world.members[id - 1].id = id;
    world.members[id - 1].configuration = scope.initial;
  }
  if (scope.start != Start::kEmpty) settle(world);
  if (scope.start >= Start::kLost) lose(world);
  if (scope.start == Start::kLostAndForgotten) restart(Rules{}, world.members[0], uint8_t{0}, scope.initial);
  return world;
}

const char* broken_invariant(const World& world) {
  for (const SmallMember& a : world.members) {
    if (a.commit > a.log.last() || a.applied > a.commit) return "applied <= commit <= last index";
    for (const SmallMember& b : world.members) {
      if (!logs_match(a.log, b.log)) return "log matching: logs differ below an equal entry";
    }
    int changes = 0;  // not committed, and so not applied
    for (uint8_t index = world.committed.last(); index < a.log.last();)
      changes += a.log.at(++index).change != 0 ? 1 : 0;
    if (changes > 1) return "configurations: a change proposed while another was not applied";
  }
  return nullptr;
}

std::string to_string(const Event& event) {
  std::ostringstream text;
  text << int{event.member} << ' ' << event.what;
  for (uint8_t about : event.about) text << ' ' << int{about};
  return text.str();
}

}  // namespace viaduct::model
