#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

Command put_keeping(const std::string& key, bool value, bool lease) {
  Command command = v3_put(key, "");
  command.mutable_put()->set_ignore_value(value);
  command.mutable_put()->set_ignore_lease(lease);
  return command;
}

TEST_CASE("directories come and go after each change of a transaction, not at its end") {
  World world;
  world.apply(v3_put("/x/1", "1"));
  CHECK(to_text(world.apply(v3_txn({v3_delete("/x/1"), v3_put("/x/2", "2")}))) ==
        "v3 error 0 deleted 1\n"
        "5,3 delete /x/1 created 4 gone prev(1 created 4 modified 4) with -/x/\n"
        "6,3 set /x/2=2 version 1 from 3 lease 0 created 6 with +/x/ implicit");
  CHECK(to_text(world.get("/x")) == "/x/ created 6 modified 6\n  /x/2=2 created 6 modified 6\n@6,3");
}

TEST_CASE("v3 writes through files and over directories, and v2 shows the directory while there is one") {
  World world;
  world.apply(v2_set("/a", "file"));
  world.apply(v3_put("/a/b", "below"));
  CHECK(to_text(world.get("/a")) == "/a/ created 5 modified 5\n  /a/b=below created 5 modified 5\n@5,3");
  CHECK(to_text(world.apply(v3_delete("/a/b"))) ==
        "v3 error 0 deleted 1\n6,4 delete /a/b created 5 gone prev(below created 5 modified 5) with -/a/");
  CHECK(to_text(world.get("/a")) == "/a=file created 4 modified 4\n@6,4");
}

TEST_CASE("keys that are no path of v2 consume seq and revision but make neither event nor directory") {
  World world;
  uint64_t seq = 3;
  const std::string too_deep = [] {
    std::string path;
    for (int i = 0; i < 129; ++i) path += "/d";
    return path;
  }();
  for (const std::string& key : {std::string("a"), std::string("/"), std::string("/a/"), std::string("/a//b"),
                                 std::string("/a/./b"), std::string("/a/.."), "/" + std::string(4096, 'x'), too_deep}) {
    CAPTURE(key);
    const Outcome outcome = world.apply(v3_put(key, "1"));
    CHECK(outcome.seq.value == ++seq);
    const store::Event& event = *std::get<V3Result>(outcome.body).events.front();
    CHECK(event.record.silent);
    CHECK(event.companions.empty());
  }
  CHECK(to_text(world.get("", true)) == "/ created 0 modified 0\n@11,9");
  CHECK(world.store().sizes().directories <= 1);  // at most the root
}

TEST_CASE("a delete of nothing is no transaction") {
  World world;
  world.apply(v3_put("/b", "1"));
  for (const Command& command :
       {v3_delete("/a"), v3_delete("/z", "/a"), v3_delete("/b", "/b"), v3_delete("/c", std::string(1, '\0'))}) {
    CAPTURE(command.ShortDebugString());
    CHECK(to_text(world.apply(command)) == "v3 error 0 deleted 0");
  }
  CHECK(world.numbers().revision == Revision(2));
  CHECK(to_text(world.apply(v3_delete("/a", std::string(1, '\0')))).starts_with("v3 error 0 deleted 1"));
}

TEST_CASE("ignore_value and ignore_lease keep what is there, as the changes before left it") {
  World world;
  world.apply(grant(7, 10));
  world.apply(v3_put("/a", "old", 7));
  CHECK(to_text(world.apply(put_keeping("/n", true, false))) == "v3 error 7 deleted 0");
  CHECK(to_text(world.apply(put_keeping("/n", false, true))) == "v3 error 7 deleted 0");
  CHECK(to_text(world.apply(v3_txn({v3_delete("/a"), put_keeping("/a", true, false)}))) == "v3 error 7 deleted 0");
  CHECK(world.numbers().seq == Seq(4));
  Command unknown_lease = put_keeping("/n", true, false);
  unknown_lease.mutable_put()->set_lease(99);
  CHECK(to_text(world.apply(unknown_lease)) == "v3 error 1 deleted 0");  // in a txn the key comes first
  CHECK(to_text(world.apply(v3_txn({unknown_lease}))) == "v3 error 7 deleted 0");
  world.apply(put_keeping("/a", true, true));
  CHECK(world.v3_keys() == std::vector<std::string>{"/a=old create=2 mod=3 version=2 lease=7"});
  world.apply(v3_txn({v3_put("/n", "new"), put_keeping("/n", true, false)}));
  CHECK(world.v3_keys()[1] == "/n=new create=4 mod=4 version=2 lease=0");
}

TEST_CASE("a v2 write makes the implicit directories above it explicit, a delete does not") {
  World world;
  world.apply(v3_txn({v3_put("/a/b/1", ""), v3_put("/a/b/2", ""), v3_put("/c/1", ""), v3_put("/c/2", "")}));
  CHECK(to_text(world.apply(v2_set("/a/b/1"))).ends_with(" with +/a/ +/a/b/"));
  world.apply(v2_delete("/c/1"));
  world.apply(v3_delete("/", "0"));
  CHECK(to_text(world.get("", true)) ==
        "/ created 0 modified 0\n  /a/ created 4 modified 4\n    /a/b/ created 4 modified 4\n@12,5");
}

TEST_CASE("within a revision the records of keys are numbered, those of directories are not (N3)") {
  World world;
  world.apply(v3_txn({v3_put("/d/e/1", ""), v3_put("x", ""), v3_delete("x"), v3_put("/d/2", "")}));
  world.apply(v2_set("/f", ""));
  world.apply(v2_delete("/d", true));
  std::string numbers;
  for (const store::EventPtr& event : world.events()) {
    const auto add = [&](const store::Record& record) {
      if (record.family == store::Family::kKey)
        numbers += record.key + "@" + to_string(record.revision) + "." + std::to_string(record.sub) + " ";
    };
    add(event->record);
    for (const store::Record& companion : event->companions) add(companion);
  }
  CHECK(numbers == "/d/e/1@2.0 x@2.1 x@2.2 /d/2@2.3 /f@3.0 /d/2@4.0 /d/e/1@4.1 ");
}

}  // namespace
}  // namespace viaduct::v3bridge
