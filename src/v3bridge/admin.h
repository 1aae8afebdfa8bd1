// The small replicated tables that are no keys: how the state was made, the cluster version, the alarms; the members
// are in membership.h. Here are the names and bytes of their rows, the commands that change them, and the reading of
// them for the node.
//   row := "initialized"               -> Initialize, without the members
//        | "cluster_version"           -> text
//        | "alarm/" kind "/" hex16     -> Alarm            kind := "NOSPACE" | "CORRUPT" | "NONE"
// Threads: apply_*() on the apply thread, inside a group and outside a transaction; the rest any thread. All take the
//          ReadLock they need themselves.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"
#include "v3bridge/engine.h"
#include "v3bridge/outcome.h"

namespace viaduct {
class Alarm;
class Compact;
class Initialize;
class SetClusterVersion;
}  // namespace viaduct

namespace viaduct::v3bridge {

V3Result apply_compact(store::Store& store, const Compact& command);        // kCompacted, kFutureRevision
V3Result apply_initialize(store::Store& store, const Initialize& command);  // the first one counts
V3Result apply_set_cluster_version(store::Store& store, const SetClusterVersion& command);
V3Result apply_alarm(store::Store& store, const Alarm& command);  // `deleted`: 1 if it was there to disarm
void drop_alarms_of(store::Store& store, MemberId member);

bool is_initialized(const store::Store& store);
std::string cluster_version(const store::Store& store);  // "not_decided" before one was set
std::vector<ActiveAlarm> active_alarms(const store::Store& store);

struct RaisedKinds {
  bool no_space = false;
  bool corrupt = false;
};
RaisedKinds raised_alarm_kinds(const store::Store& store);

}  // namespace viaduct::v3bridge
