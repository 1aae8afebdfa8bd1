#include "server/reconfiguration.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "viaduct/command.pb.h"

namespace viaduct::server {
namespace {

using Ids = std::set<uint64_t>;

constexpr const char* kNotEnough = "etcdserver: re-configuration failed due to not enough started members";
constexpr const char* kUnhealthy = "etcdserver: unhealthy cluster";
constexpr const char* kNotInStep = "etcdserver: can only promote a learner member which is in sync with leader";
constexpr const char* kMayBe = "";

// Member 1 is asked. `active` have a connection to it, `healthy` for long enough; who is in `unstarted` has no name
// yet.
struct Situation {
  Ids voters;
  Ids active;
  Ids healthy;
  Ids unstarted;
  Ids learners;
  Ids in_step;
  bool leads = true;
  bool strict = true;
};

ClusterView view_of(const Situation& now) {
  ClusterView view;
  const auto add = [&](uint64_t id, bool is_learner) {
    const std::string name = now.unstarted.contains(id) ? "" : "m" + std::to_string(id);
    view.members.push_back({MemberId(id), name, {}, {}, is_learner});
  };
  for (const uint64_t id : now.voters) add(id, false);
  for (const uint64_t id : now.learners) add(id, true);
  view.self = MemberId(1);
  view.leads = now.leads;
  view.strict = now.strict;
  view.is_active = [&now](MemberId id) { return now.active.contains(id.value); };
  view.is_active_long = [&now](MemberId id) { return now.healthy.contains(id.value); };
  view.is_in_step = [&now](MemberId id) { return now.in_step.contains(id.value); };
  return view;
}

std::string answer(const Situation& now, const Command& command) {
  const auto refusal = refuse_change(view_of(now), command);
  return refusal ? refusal->text : kMayBe;
}

Command add(bool learner = false) {
  Command command;
  command.mutable_member_add()->set_id(9);
  command.mutable_member_add()->set_is_learner(learner);
  return command;
}
Command remove(uint64_t id) {
  Command command;
  command.mutable_member_remove()->set_id(id);
  return command;
}
Command promote(uint64_t id) {
  Command command;
  command.mutable_member_promote()->set_id(id);
  return command;
}
Command update(uint64_t id) {
  Command command;
  command.mutable_member_update()->set_id(id);
  return command;
}

// Known bug: RB-44.
TEST_CASE("members change only if the quorum after it is started and connected, as the asked member sees it") {
  struct Case {
    const char* name;
    Situation now;
    Command command;
    const char* answer;
  };
  const Situation sound{{1, 2, 3}, {2, 3}, {2, 3}, {}, {}, {}};
  const Situation alone{{1, 2, 3}, {}, {}, {}, {}, {}};
  const Situation one_down{{1, 2, 3}, {2}, {2}, {}, {}, {}};
  const Situation one_new{{1, 2, 3}, {2, 3}, {2}, {}, {}, {}};  // 3 came back a moment ago
  const Situation unstarted{{1, 2, 3, 4}, {2, 3}, {2, 3}, {4}, {}, {}};
  const Situation only{{1}, {}, {}, {}, {}, {}};
  const Situation second_unstarted{{1, 2}, {}, {}, {2}, {}, {}};
  const Situation learner{{1, 2, 3}, {2, 3, 4}, {2, 3, 4}, {}, {4}, {4}};
  const Situation learner_down{{1, 2, 3}, {2, 3}, {2, 3}, {}, {4}, {}};
  Situation lagging = learner, away = learner, elsewhere = learner;
  lagging.in_step = {};
  away.healthy = {2, 4};
  elsewhere.in_step = {};
  elsewhere.leads = false;
  Situation lax = alone;
  lax.strict = false;
  for (const Case& c : {
           Case{"a voter, all there", sound, add(), kMayBe},
           Case{"a voter, nobody else there", alone, add(), kUnhealthy},
           Case{"a voter, one down", one_down, add(), kUnhealthy},
           Case{"a voter, one just back", one_new, add(), kUnhealthy},
           Case{"a voter, a learner down", learner_down, add(), kMayBe},
           Case{"a second voter", only, add(), kMayBe},
           Case{"a third voter, the second not started", second_unstarted, add(), kNotEnough},
           Case{"a fifth voter, the fourth not started", unstarted, add(), kUnhealthy},
           Case{"a learner, all there", sound, add(true), kMayBe},
           Case{"a learner, one down", one_down, add(true), kUnhealthy},
           Case{"a learner, the second voter not started", second_unstarted, add(true), kUnhealthy},
           Case{"removing one of those there", sound, remove(2), kMayBe},
           Case{"removing itself", sound, remove(1), kMayBe},
           Case{"removing one that is there, another is down", one_down, remove(2), kUnhealthy},
           Case{"removing one that is there, another is just back", one_new, remove(2), kMayBe},
           Case{"removing one that is down", one_down, remove(3), kMayBe},
           Case{"removing one that is down, without the others", alone, remove(3), kMayBe},
           Case{"removing itself, without the others", alone, remove(1), kUnhealthy},
           Case{"removing nobody, without the others", alone, remove(42), kMayBe},
           Case{"removing the only one that started", second_unstarted, remove(1), kNotEnough},
           Case{"removing the one that never started", second_unstarted, remove(2), kMayBe},
           Case{"removing a learner", learner, remove(4), kMayBe},
           Case{"promoting one in step", learner, promote(4), kMayBe},
           Case{"promoting one that lags", lagging, promote(4), kNotInStep},
           Case{"promoting, one voter not there", away, promote(4), kUnhealthy},
           Case{"promoting, asked of a follower", elsewhere, promote(4), kMayBe},
           Case{"promoting a voter", learner, promote(2), kMayBe},
           Case{"promoting nobody", learner, promote(42), kMayBe},
           Case{"moving a member, without the others", alone, update(2), kMayBe},
           Case{"a voter, without the others, not strict", lax, add(), kMayBe},
           Case{"removing itself, without the others, not strict", lax, remove(1), kMayBe},
       }) {
    CAPTURE(c.name);
    CHECK(answer(c.now, c.command) == c.answer);
  }
}

TEST_CASE("what changes the members is told from all else") {
  CHECK(is_membership_change(add()));
  CHECK(is_membership_change(remove(1)));
  CHECK(is_membership_change(promote(1)));
  CHECK(is_membership_change(update(1)));
  Command other;
  CHECK_FALSE(is_membership_change(other));
  other.mutable_set_member()->set_id(1);  // its name and addresses
  CHECK_FALSE(is_membership_change(other));
}

}  // namespace
}  // namespace viaduct::server
