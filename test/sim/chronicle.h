// The one order of all changes, kept as the members apply them: whoever is first writes it down, the others must have
// the same (INV-A2, INV-W8). Compaction does not reach it.
// Threads: any of the simulation's.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "store/store.h"
#include "test/cluster/history.h"
#include "test/cluster/violations.h"
#include "test/sim/scheduler.h"

namespace viaduct::sim {

class Chronicle {
 public:
  explicit Chronicle(cluster_test::Violations& violations) : violations_(violations) {}

  // Takes what `store` has beyond `next`, and moves it on. On the apply thread, between groups.
  void follow(MemberId member, const store::Store& store, Nanoseconds now, Seq& next);
  // The events of a member from `next` on, which is moved: there is one of every number.
  void take(MemberId member, const std::vector<store::EventPtr>& events, Nanoseconds now, Seq& next);

  // The changes of keys with that prefix, as v3 or v2 shows them.
  std::vector<cluster_test::Event> v3_log(std::string_view prefix) const;
  std::vector<cluster_test::Event> v2_log(std::string_view prefix) const;
  // All changes of keys and directories, in order.
  void each(const std::function<void(const store::Record&)>& visit) const;
  // When the first member was seen to have applied something of that revision; `now` of the call above.
  Nanoseconds first_applied(Revision revision) const { return first_applied_.at(revision); }
  uint64_t events() const { return events_.size(); }

 private:
  void take(MemberId member, const store::EventPtr& event, Nanoseconds now);
  void complain(MemberId member, const std::string& what);

  cluster_test::Violations& violations_;
  std::map<Seq, store::EventPtr> events_;
  std::map<Revision, Nanoseconds> first_applied_;
};

}  // namespace viaduct::sim
