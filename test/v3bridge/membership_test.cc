#include "v3bridge/membership.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "test/v3bridge/world.h"
#include "v3bridge/admin.h"

namespace viaduct::v3bridge {
namespace {

using Urls = std::vector<std::string>;

Command initialize(const std::vector<std::pair<uint64_t, Urls>>& founders) {
  Command command;
  for (const auto& [id, urls] : founders) {
    SetMember& member = *command.mutable_initialize()->add_members();
    member.set_id(id);
    member.mutable_peer_urls()->Assign(urls.begin(), urls.end());
  }
  return command;
}

Command add(uint64_t id, const Urls& urls, bool learner = false, uint64_t max_learners = 1) {
  Command command;
  command.mutable_member_add()->set_id(id);
  command.mutable_member_add()->mutable_peer_urls()->Assign(urls.begin(), urls.end());
  command.mutable_member_add()->set_is_learner(learner);
  command.mutable_member_add()->set_max_learners(max_learners);
  return command;
}

Command remove(uint64_t id) {
  Command command;
  command.mutable_member_remove()->set_id(id);
  return command;
}

Command update(uint64_t id, const Urls& urls) {
  Command command;
  command.mutable_member_update()->set_id(id);
  command.mutable_member_update()->mutable_peer_urls()->Assign(urls.begin(), urls.end());
  return command;
}

Command promote(uint64_t id) {
  Command command;
  command.mutable_member_promote()->set_id(id);
  return command;
}

Command take_over(uint64_t id) {
  Command command;
  command.mutable_member_take_over()->set_id(id);
  command.mutable_member_take_over()->add_peer_urls("new");
  return command;
}

Command announce(uint64_t id, const std::string& name, const Urls& client_urls) {
  Command command;
  command.mutable_set_member()->set_id(id);
  command.mutable_set_member()->set_name(name);
  command.mutable_set_member()->mutable_client_urls()->Assign(client_urls.begin(), client_urls.end());
  return command;
}

Command raise_alarm(uint64_t member, Alarm::Kind kind) {
  Command command;
  command.mutable_alarm()->set_member(member);
  command.mutable_alarm()->set_kind(kind);
  command.mutable_alarm()->set_raise(true);
  return command;
}

// "1 one u1 c1,c2; 5 learner u5; gone 7"
std::string membership(const store::Store& store) {
  std::string text;
  const auto list = [&](const Urls& urls) {
    for (size_t i = 0; i < urls.size(); ++i) text += (i == 0 ? " " : ",") + urls[i];
  };
  for (const Member& member : members(store)) {
    text += (text.empty() ? "" : "; ") + to_hex(member.id.value) + (member.is_learner ? " learner" : "");
    if (!member.name.empty()) text += " " + member.name;
    list(member.peer_urls);
    list(member.client_urls);
  }
  for (const MemberId id : removed_members(store)) text += "; gone " + to_hex(id.value);
  return text;
}

V3Error error_of(const Outcome& outcome) { return std::get<V3Result>(outcome.body).error; }

// Of voters 1, 2 and 3, a learner 5, and 7, which was removed.
class Cluster : public World {
 public:
  Cluster() : World(initialize({{3, {"u3"}}, {1, {"u1b", "u1a"}}, {2, {"u2"}}})) {
    apply(announce(1, "one", {"c1"}));
    apply(add(5, {"u5"}, true));
    apply(add(7, {"u7"}));
    apply(remove(7));
  }
};

constexpr const char* kAll = "1 one u1a,u1b c1; 2 u2; 3 u3; 5 learner u5; gone 7";

TEST_CASE("the first entry founds the cluster: voters by id, without names, their URLs sorted") {
  World world(initialize({{0xf000000000000000, {"u9"}}, {2, {"ub", "ua"}}}));
  CHECK(membership(world.store()) == "2 ua,ub; f000000000000000 u9");
  const Roles roles = roles_of(members(world.store()));
  CHECK(roles.voters == std::vector<MemberId>{MemberId(2), MemberId(0xf000000000000000)});
  CHECK(roles.learners.empty());
  world.apply(initialize({{4, {"u4"}}}));
  CHECK(membership(world.store()) == "2 ua,ub; f000000000000000 u9");
}

// Known bug: RB-22.
TEST_CASE("each change of the membership does what it says or nothing, and says why in etcd's order") {
  struct Case {
    const char* name;
    Command command;
    V3Error error;
    const char* after;  // null: as before
  };
  const std::vector<Case> cases = {
      {"add", add(4, {"u4b", "u4a"}), V3Error::kNone, "1 one u1a,u1b c1; 2 u2; 3 u3; 4 u4a,u4b; 5 learner u5; gone 7"},
      {"add a learner too many", add(4, {"u4"}, true), V3Error::kTooManyLearners, nullptr},
      {"add a second learner where two may be", add(4, {"u4"}, true, 2), V3Error::kNone,
       "1 one u1a,u1b c1; 2 u2; 3 u3; 4 learner u4; 5 learner u5; gone 7"},
      {"add one that was removed, with a used URL", add(7, {"u1a"}, true), V3Error::kMemberRemoved, nullptr},
      {"add one that is there, with a used URL", add(2, {"u2"}, true), V3Error::kMemberExists, nullptr},
      {"add with a used URL, as a learner too many", add(4, {"x", "u5"}, true), V3Error::kPeerUrlExists, nullptr},
      {"add with the URL of one that was removed", add(4, {"u7"}), V3Error::kNone,
       "1 one u1a,u1b c1; 2 u2; 3 u3; 4 u7; 5 learner u5; gone 7"},
      {"remove a voter", remove(1), V3Error::kNone, "2 u2; 3 u3; 5 learner u5; gone 1; gone 7"},
      {"remove a learner", remove(5), V3Error::kNone, "1 one u1a,u1b c1; 2 u2; 3 u3; gone 5; gone 7"},
      {"remove one that is not there", remove(4), V3Error::kMemberNotFound, nullptr},
      {"remove one again", remove(7), V3Error::kMemberRemoved, nullptr},
      {"update a voter", update(1, {"xb", "xa"}), V3Error::kNone, "1 one xa,xb c1; 2 u2; 3 u3; 5 learner u5; gone 7"},
      {"update a learner, which stays one", update(5, {"x5"}), V3Error::kNone,
       "1 one u1a,u1b c1; 2 u2; 3 u3; 5 learner x5; gone 7"},
      {"update with a URL that is its own", update(1, {"u1a", "x"}), V3Error::kNone,
       "1 one u1a,x c1; 2 u2; 3 u3; 5 learner u5; gone 7"},
      {"update with another's URL", update(1, {"x", "u5"}), V3Error::kPeerUrlExists, nullptr},
      {"update one that is not there, with a used URL", update(4, {"u1a"}), V3Error::kMemberNotFound, nullptr},
      {"update one that was removed, with a used URL", update(7, {"u1a"}), V3Error::kMemberRemoved, nullptr},
      {"promote a learner", promote(5), V3Error::kNone, "1 one u1a,u1b c1; 2 u2; 3 u3; 5 u5; gone 7"},
      {"promote a voter", promote(1), V3Error::kMemberNotLearner, nullptr},
      {"promote one that is not there", promote(4), V3Error::kMemberNotFound, nullptr},
      {"promote one that was removed", promote(7), V3Error::kMemberRemoved, nullptr},
      {"announce", announce(5, "five", {"cb", "ca"}), V3Error::kNone,
       "1 one u1a,u1b c1; 2 u2; 3 u3; 5 learner five u5 ca,cb; gone 7"},
      {"announce anew", announce(1, "uno", {}), V3Error::kNone, "1 uno u1a,u1b; 2 u2; 3 u3; 5 learner u5; gone 7"},
      {"announce one that is not there", announce(4, "four", {"c4"}), V3Error::kMemberNotFound, nullptr},
      {"announce one that was removed", announce(7, "seven", {"c7"}), V3Error::kMemberRemoved, nullptr},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Cluster cluster, twin;
    REQUIRE(membership(cluster.store()) == kAll);
    const store::Numbers before = cluster.numbers();
    CHECK(error_of(cluster.apply(c.command)) == c.error);
    const std::string after = c.after ? c.after : kAll;
    CHECK(membership(cluster.store()) == after);
    CHECK(cluster.numbers().seq == before.seq);  // N5
    CHECK(cluster.numbers().revision == before.revision);

    cluster.restart();  // RB-22
    CHECK(membership(cluster.store()) == after);
    twin.apply(c.command);
    CHECK(cluster.store().hash() == twin.store().hash());
  }
}

TEST_CASE("a change that comes again changes nothing more") {
  for (const Command& command : {add(4, {"u4"}), remove(1), update(1, {"x"}), promote(5), announce(1, "uno", {})}) {
    CAPTURE(command.ShortDebugString());
    Cluster cluster;
    cluster.apply(command);
    const std::string after = membership(cluster.store());
    const uint64_t hash = cluster.store().hash();
    cluster.restart();
    cluster.apply(command);
    CHECK(membership(cluster.store()) == after);
    CHECK(cluster.store().hash() == hash);
  }
}

// Known bug: RB-22.
TEST_CASE("an id that was removed never returns, over any number of restarts and changes") {
  Cluster cluster;
  cluster.apply(remove(2));
  cluster.restart();
  CHECK(error_of(cluster.apply(add(2, {"x"}))) == V3Error::kMemberRemoved);
  cluster.apply(add(9, {"u2"}));
  cluster.apply(remove(9));
  cluster.restart();
  for (const uint64_t id : {2, 7, 9}) {
    CAPTURE(id);
    CHECK(is_removed(cluster.store(), MemberId(id)));
    for (const Command& command : {add(id, {"x"}), announce(id, "back", {}), update(id, {"x"}), promote(id)}) {
      CHECK(error_of(cluster.apply(command)) == V3Error::kMemberRemoved);
    }
  }
  CHECK_FALSE(is_removed(cluster.store(), MemberId(1)));
  CHECK(membership(cluster.store()) == "1 one u1a,u1b c1; 3 u3; 5 learner u5; gone 2; gone 7; gone 9");
}

TEST_CASE("the last voter stays, also where learners would be left") {
  World world(initialize({{1, {"u1"}}}));
  world.apply(add(2, {"u2"}, true));
  CHECK(error_of(world.apply(remove(1))) == V3Error::kLastVoter);
  world.apply(promote(2));
  CHECK(error_of(world.apply(remove(1))) == V3Error::kNone);
  CHECK(error_of(world.apply(remove(2))) == V3Error::kLastVoter);
  CHECK(membership(world.store()) == "2 u2; gone 1");
}

TEST_CASE("a removed member's alarms go with it, the others' stay") {
  Cluster cluster;
  for (const Alarm::Kind kind : {Alarm::NONE, Alarm::NOSPACE, Alarm::CORRUPT}) cluster.apply(raise_alarm(2, kind));
  cluster.apply(raise_alarm(3, Alarm::NOSPACE));
  cluster.apply(remove(2));
  cluster.restart();
  const std::vector<ActiveAlarm> left = active_alarms(cluster.store());
  REQUIRE(left.size() == 1);
  CHECK(left[0].member == MemberId(3));
  CHECK(left[0].kind == "NOSPACE");
}

TEST_CASE("members change under either alarm") {
  for (const Alarm::Kind kind : {Alarm::NOSPACE, Alarm::CORRUPT}) {
    CAPTURE(Alarm::Kind_Name(kind));
    Cluster cluster;
    cluster.apply(raise_alarm(1, kind));
    for (const Command& command : {add(4, {"u4"}), update(4, {"x4"}), promote(5), remove(4), announce(5, "five", {})}) {
      CAPTURE(command.ShortDebugString());
      CHECK(error_of(cluster.apply(command)) == V3Error::kNone);
    }
  }
}

// Known bug: RB-48.
TEST_CASE("whoever takes over is the only voter, and the others never return") {
  struct Case {
    const char* what;
    uint64_t id;
    const char* left;
  };
  for (const Case& c : {
           Case{"a voter", 1, "1 one u1a,u1b c1; gone 2; gone 3; gone 5; gone 7"},
           Case{"a learner", 5, "5 u5; gone 1; gone 2; gone 3; gone 7"},
           Case{"one that was removed", 7, "7 new; gone 1; gone 2; gone 3; gone 5"},
           Case{"one that nobody knows", 9, "9 new; gone 1; gone 2; gone 3; gone 5; gone 7"},
       }) {
    CAPTURE(c.what);
    Cluster cluster;
    cluster.apply(raise_alarm(2, Alarm::NOSPACE));
    cluster.apply(raise_alarm(c.id, Alarm::CORRUPT));
    for (int i = 0; i < 2; ++i) {
      CHECK(error_of(cluster.apply(take_over(c.id))) == V3Error::kNone);
      CHECK(membership(cluster.store()) == c.left);
    }
    REQUIRE(active_alarms(cluster.store()).size() == 1);
    CHECK(active_alarms(cluster.store())[0].member == MemberId(c.id));
  }
}

TEST_CASE("founding anew forgets everybody, also who was removed") {
  Cluster cluster;
  cluster.open_group();
  found_members(cluster.store(), {{MemberId(7), "seven", {"ub", "ua"}, {"c7"}}, {MemberId(2), "", {"u2"}, {}}});
  cluster.close_group();
  CHECK(membership(cluster.store()) == "2 u2; 7 ua,ub");
}

}  // namespace
}  // namespace viaduct::v3bridge
