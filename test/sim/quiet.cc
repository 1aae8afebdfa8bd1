#include "test/sim/quiet.h"

#include <algorithm>
#include <memory>
#include <sstream>

#include "store/hub.h"

namespace viaduct::sim {
namespace {

// Those half written, and states beside the current one. A damaged one, and what a disk refused to remove, stays until
// the next start.
uint64_t unused_files(Member& member) {
  if (member.disk().has_failed() || member.is_damaged()) return 0;
  const std::string base = member.options().state_directory;
  const std::string state = base.substr(base.rfind('/') + 1);
  const auto names = member.disk().list(member.options().data_directory);
  if (!names) return 1;
  uint64_t half_written = 0, states = 0;
  for (const std::string& name : *names) {
    if (name.ends_with(".tmp"))
      ++half_written;
    else if (name == state || (name.starts_with(state + ".") && name != state + ".current"))
      ++states;
  }
  return half_written + states - 1;
}

}  // namespace

std::string left_over(Member& member, const Member::World& world) {
  struct Found {
    uint64_t commands = 0, watches = 0, corruptions = 0;
  };
  const auto found = std::make_shared<Found>();  // with a thread that may come to it late
  const bool answered = member.call(
      [found](server::Node& node) {
        const auto alarms = node.alarms();
        const auto is_corrupt = [](const auto& alarm) { return alarm.kind == "CORRUPT"; };
        *found = {node.node_counts().proposals_pending.load(), node.hub().size(),
                  static_cast<uint64_t>(std::ranges::count_if(alarms, is_corrupt))};
      },
      kSecond);
  std::ostringstream text;
  const auto tell = [&](uint64_t count, const char* what) {
    if (count > 0) text << " " << count << " " << what;
  };
  if (!answered) text << " no answer";
  tell(found->commands, "commands that wait for their answer");
  tell(found->watches, "watches");
  tell(found->corruptions, "alarms of corruption");
  tell(unused_files(member), "files that nobody uses");
  tell(world.network.snapshots_from(member.id()), "snapshots on their way");
  tell(world.sockets.abandoned(member.machine()), "connections without a client");
  return text.str().empty() ? "" : member.name() + " still has" + text.str();
}

}  // namespace viaduct::sim
