// What must be left of a run when nothing is broken any more and its clients are gone (SIM-8): nothing.
// Threads: the world's.
#pragma once

#include <string>

#include "test/sim/member.h"

namespace viaduct::sim {

// What this member still keeps for somebody: commands, watches, snapshots on their way, connections, files; or an alarm
// of corruption, though nothing was corrupt (INV-A6). Empty: it is quiet.
std::string left_over(Member& member, const Member::World& world);

}  // namespace viaduct::sim
