// May the members be changed like this now? What --strict-reconfig-check guards: the quorum after the change must be
// there (operations.md 4.1, INV-M3). Asked of the member that a client asks, so that one without its peers refuses at
// once, and of the leader, before the change is proposed.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "v3bridge/engine.h"

namespace viaduct {
class Command;
}

namespace viaduct::server {

struct ClusterView {
  std::vector<v3bridge::Member> members;
  MemberId self;                                 // who is asked
  bool leads = false;                            // and it is the leader, who alone knows how far a learner is
  std::function<bool(MemberId)> is_active;       // a connection to it stands
  std::function<bool(MemberId)> is_active_long;  // for so long that it counts as healthy: 5 s
  std::function<bool(MemberId)> is_in_step;      // has at least nine tenths of the leader's log, and is in contact
  bool strict = true;
};

// Nothing: it may be proposed; whether it makes sense at all is decided when it is applied.
std::optional<v3bridge::Refusal> refuse_change(const ClusterView& view, const Command& command);

bool is_membership_change(const Command& command);

}  // namespace viaduct::server
