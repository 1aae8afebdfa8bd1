#include "v3bridge/admin.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

Command alarm(Alarm::Kind kind, bool raise, uint64_t member = 1) {
  Command command;
  command.mutable_alarm()->set_member(member);
  command.mutable_alarm()->set_kind(kind);
  command.mutable_alarm()->set_raise(raise);
  return command;
}

TEST_CASE("an alarm refuses what would grow the state, or everything from clients, before it is looked at") {
  const std::string no_space = "refused: etcdserver: mvcc: database space exceeded";
  const std::string corrupt = "refused: etcdserver: corrupt cluster";
  struct Case {
    const char* name;
    Command command;
    bool needs_space;
    bool needs_sound_state;
  };
  std::vector<Case> cases = {
      {"v2 set", v2_set("/a"), true, true},
      {"v2 create that would fail", v2_write(V2Write::CREATE, "/f"), true, true},
      {"v2 delete", v2_delete("/f"), false, true},
      {"v2 compareAndDelete", v2_write(V2Write::COMPARE_AND_DELETE, "/f"), false, true},
      {"v3 put", v3_put("/a", ""), true, true},
      {"v3 delete", v3_delete("/f"), false, true},
      {"v3 delete with a put", v3_txn({v3_delete("/f"), v3_put("/a", "")}), true, true},
      {"v3 txn with a nested put", v3_txn({v3_txn({v3_put("/a", "")})}), true, true},
      {"v3 txn of deletes", v3_txn({v3_delete("/f")}), false, true},
      {"v3 txn that only reads", v3_txn({}), false, false},
      {"grant", grant(8, 1), true, true},
      {"revoke", revoke(7), false, true},
      {"renew", renew(7), false, false},
      {"expire", expire({7}), false, false},
      {"compact", compact(2), false, true},
      {"disarm", alarm(Alarm::NOSPACE, false, 9), false, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    for (const Alarm::Kind kind : {Alarm::NOSPACE, Alarm::CORRUPT}) {
      CAPTURE(Alarm::Kind_Name(kind));
      World world;
      world.apply(grant(7, 10));
      world.apply(v2_set("/f"));
      world.apply(alarm(kind, true));
      const std::string answer = to_text(world.apply(c.command));
      const bool refused = kind == Alarm::NOSPACE ? c.needs_space : c.needs_sound_state;
      CHECK((answer == no_space || answer == corrupt) == refused);
      if (refused) CHECK(answer == (kind == Alarm::NOSPACE ? no_space : corrupt));
      world.apply(alarm(kind, false));
      CHECK_FALSE(to_text(world.apply(c.command)).starts_with("refused"));
    }
  }
}

TEST_CASE("an alarm stands until each member that raised it disarms it, also over a restart") {
  World world;
  world.apply(alarm(Alarm::NOSPACE, true, 0xa));
  world.apply(alarm(Alarm::NOSPACE, true, 0xb));
  world.apply(alarm(Alarm::CORRUPT, true, 0xa));
  world.apply(alarm(Alarm::NOSPACE, false, 0xa));
  world.restart();
  std::string raised;
  for (const ActiveAlarm& active : active_alarms(world.store()))
    raised += active.kind + to_hex(active.member.value) + " ";
  CHECK(raised == "CORRUPTa NOSPACEb ");
}

TEST_CASE("an alarm of no kind can stand, refuses nothing, and disarming says what was there") {
  World world;
  const auto disarmed = [&](Alarm::Kind kind, uint64_t member) {
    return std::get<V3Result>(world.apply(alarm(kind, false, member)).body).deleted;
  };
  world.apply(alarm(Alarm::NONE, true, 7));
  REQUIRE(active_alarms(world.store()).size() == 1);
  CHECK(active_alarms(world.store())[0].kind == "NONE");
  CHECK_FALSE(raised_alarm_kinds(world.store()).no_space);
  CHECK_FALSE(raised_alarm_kinds(world.store()).corrupt);
  CHECK(disarmed(Alarm::NOSPACE, 7) == 0);
  CHECK(disarmed(Alarm::NONE, 8) == 0);
  CHECK(disarmed(Alarm::NONE, 7) == 1);
  CHECK(disarmed(Alarm::NONE, 7) == 0);
  CHECK(active_alarms(world.store()).empty());
}

TEST_CASE("the cluster version is the newest one set, also after a restart") {
  World world;
  CHECK(cluster_version(world.store()) == "not_decided");
  for (const char* version : {"3.4.0", "3.5.0"}) {
    Command command;
    command.mutable_set_cluster_version()->set_version(version);
    world.apply(command);
  }
  world.restart();
  CHECK(cluster_version(world.store()) == "3.5.0");
  CHECK(world.numbers().seq == Seq(3));
  CHECK(world.numbers().revision == Revision(1));
}

TEST_CASE("the first Initialize counts, and the v2 root is there after a restart") {
  World world("/pfx");
  Command again;
  again.mutable_initialize()->set_v2_root("/other");
  world.apply(again);
  world.restart();
  CHECK(is_initialized(world.store()));
  world.apply(v2_set("/a", "1"));
  CHECK(world.v3_keys().front().starts_with("/pfx/a=1"));
}

TEST_CASE("compaction is refused outside of what is kept, and history ends at its last index") {
  World world;
  world.apply(v3_txn({v3_put("/a", "1"), v3_put("/b", "1")}));  // 4, 5 at 2
  world.apply(v3_put("/a", "2"));                               // 6 at 3
  CHECK(to_text(world.apply(compact(4))) == "v3 error 4 deleted 0");
  CHECK(to_text(world.apply(compact(2))) == "v3 error 0 deleted 0");
  CHECK(to_text(world.apply(compact(2))) == "v3 error 3 deleted 0");
  CHECK(world.numbers().compacted_seq == Seq(5));
  CHECK_FALSE(world.store().events_since(Seq(5), 1, 1).has_value());
  CHECK(to_text(*world.store().events_since(Seq(6), 1, 1)->front()) ==
        "6,3 set /a=2 version 2 from 2 lease 0 created 6 prev(1 created 4 modified 4)");
  CHECK(world.numbers().revision == Revision(3));
}

TEST_CASE("an empty command changes nothing") {
  World world;
  const uint64_t hash = world.store().hash();
  Command tick;
  tick.mutable_tick();
  CHECK(to_text(world.apply(tick)) == "v3 error 0 deleted 0");
  CHECK(to_text(world.apply(Command())) == "v3 error 0 deleted 0");
  CHECK(world.store().hash() == hash);
}

}  // namespace
}  // namespace viaduct::v3bridge
