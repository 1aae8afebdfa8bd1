// What /v2/keys writes answer, from v2-api.md 1.9, 2.1, 2.3 and 8.3: one row, one command on a known tree.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

// Index 9, revision 7: file /f=one@4, directory /d@5 with file /d/f@5, empty directory /e@6; of v3's making /v@7 with
// /v/f@7 and /v/g@8, and key /d@9 shadowed.
struct Tree : World {
  Tree() {
    apply(v2_set("/f", "one"));
    apply(v2_set("/d/f", "two"));
    apply(v2_make_directory("/e"));
    apply(v3_put("/v/f", "three"));
    apply(v3_put("/v/g", "four"));
    apply(v3_put("/d", "below"));
  }
};

using Op = V2Write::Operation;
constexpr Op kSet = V2Write::SET, kCreate = V2Write::CREATE, kUpdate = V2Write::UPDATE,
             kSwap = V2Write::COMPARE_AND_SWAP, kInOrder = V2Write::CREATE_IN_ORDER, kDelete = V2Write::DELETE,
             kCompareDelete = V2Write::COMPARE_AND_DELETE;

struct Case {
  Op operation;
  const char* path;
  std::function<void(V2Write&)> with;
  const char* answer;
};

const auto nothing = [](V2Write&) {};
const auto a_value = [](V2Write& write) { write.set_value("x"); };
const auto a_ttl = [](V2Write& write) { write.set_ttl_seconds(5); };
const auto as_directory = [](V2Write& write) { write.set_dir(true); };
const auto recursively = [](V2Write& write) { write.set_recursive(true); };
const auto as_refresh = [](V2Write& write) {
  write.set_refresh(true);
  write.set_ttl_seconds(5);
};
const auto if_value = [](const char* value) { return [value](V2Write& write) { write.set_prev_value(value); }; };
const auto if_index = [](uint64_t index) { return [index](V2Write& write) { write.set_prev_index(index); }; };
const auto if_both = [](const char* value, uint64_t index) {
  return [value, index](V2Write& write) {
    write.set_prev_value(value);
    write.set_prev_index(index);
  };
};

TEST_CASE("a refused v2 write says why and changes no number") {
  const std::vector<Case> cases = {
      {kSet, "", a_value, "107 / @9"},
      {kSet, "", as_refresh, "107 / @9"},
      {kSet, "/f/x/y", a_value, "104 /f @9"},
      {kSet, "/f/x/y", as_refresh, "104 /f @9"},
      {kSet, "/n/x/y", as_refresh, "100 /n @9"},
      {kSet, "/d", a_value, "102 /d @9"},
      {kSet, "/d", as_directory, "102 /d @9"},
      {kSet, "/d", as_refresh, "102 /d @9"},
      {kCreate, "", a_value, "107 / @9"},
      {kCreate, "/f/x", a_value, "104 /f @9"},
      {kCreate, "/f", a_value, "105 /f @9"},
      {kCreate, "/d", as_directory, "105 /d @9"},
      {kInOrder, "/f", a_value, "104 /f @9"},
      {kUpdate, "", nothing, "107 / @9"},
      {kUpdate, "/f/x", a_value, "104 /f @9"},
      {kUpdate, "/d/n/x", a_value, "100 /d/n @9"},
      {kUpdate, "/d", a_value, "102 /d @9"},
      {kSwap, "", if_value("x"), "107 / @9"},
      {kSwap, "/n", if_value("x"), "100 /n @9"},
      {kSwap, "/f/x", if_value("x"), "104 /f @9"},
      {kSwap, "/d", if_value("below"), "102 /d @9"},
      {kSwap, "/f", if_value("two"), "101 [two != one] @9"},
      {kSwap, "/f", if_index(1), "101 [1 != 4] @9"},
      {kSwap, "/f", if_both("two", 1), "101 [two != one] [1 != 4] @9"},
      {kSwap, "/f", if_both("one", 1), "101 [1 != 4] @9"},
      {kSwap, "/f", if_both("two", 4), "101 [two != one] @9"},
      {kDelete, "", recursively, "107 / @9"},
      {kDelete, "/n/x", nothing, "100 /n @9"},
      {kDelete, "/f/x", nothing, "104 /f @9"},
      {kDelete, "/d", nothing, "102 /d @9"},
      {kDelete, "/d", as_directory, "108 /d @9"},
      {kCompareDelete, "", if_value("x"), "102  @9"},
      {kCompareDelete, "/n", if_value("x"), "100 /n @9"},
      {kCompareDelete, "/d", if_value("below"), "102 /d @9"},
      {kCompareDelete, "/f", if_index(3), "101 [3 != 4] @9"},
  };
  Tree world;
  const uint64_t hash = world.store().hash();
  for (const Case& c : cases) {
    Command command = v2_write(c.operation, c.path);
    c.with(*command.mutable_v2_write());
    CAPTURE(command.ShortDebugString());
    CHECK(to_text(world.apply(command)) == c.answer);
  }
  CHECK(world.numbers().seq == Seq(9));
  CHECK(world.numbers().revision == Revision(7));
  CHECK(world.store().hash() == hash);
}

TEST_CASE("a v2 write is one event that shows what it made, what it replaced and what came along") {
  const std::vector<Case> cases = {
      {kSet, "/f", nothing, "10,8 set /f= version 2 from 2 lease 0 created 10 prev(one created 4 modified 4)"},
      {kSet, "/n/m", a_value, "10,8 set /n/m=x version 1 from 8 lease 0 created 10 with +/n/"},
      {kSet, "/f", as_directory, "10,8 set /f/ created 10 prev(one created 4 modified 4) with -/f"},
      {kSet, "/v/f", as_directory, "10,8 set /v/f/ created 10 prev(three created 7 modified 7) with -/v/f +/v/"},
      {kSet, "/v/f", as_refresh,
       "10,8 set /v/f=three version 2 from 5 lease 4611686018427387914 created 10 ttl 5 until 1500000005000000000 "
       "refresh "
       "prev(three created 7 modified 7) with +/v/"},
      {kCreate, "/v/n/m", as_directory, "10,8 create /v/n/m/ created 10 with +/v/n/ +/v/"},
      {kCreate, "/r", as_refresh,
       "10,8 create /r= version 1 from 8 lease 4611686018427387914 created 10 ttl 5 until 1500000005000000000"},
      {kInOrder, "", a_value, "10,8 create /00000000000000000010=x version 1 from 8 lease 0 created 10"},
      {kInOrder, "/q", as_directory, "10,8 create /q/00000000000000000010/ created 10 with +/q/"},
      {kUpdate, "/f", a_ttl,
       "10,8 update /f= version 2 from 2 lease 4611686018427387914 created 4 ttl 5 until 1500000005000000000 "
       "prev(one created 4 modified 4)"},
      {kUpdate, "/d", a_ttl,
       "10,8 update /d/ created 5 ttl 5 until 1500000005000000000 prev(directory created 5 modified 5)"},
      {kUpdate, "/v", nothing, "10,8 update /v/ created 7 prev(directory created 7 modified 7)"},
      {kSwap, "/f", if_both("one", 4),
       "10,8 compareAndSwap /f= version 2 from 2 lease 0 created 4 prev(one created 4 modified 4)"},
      {kDelete, "/f", recursively, "10,8 delete /f created 4 gone prev(one created 4 modified 4)"},
      {kDelete, "/e", as_directory, "10,8 delete /e/ created 6 gone prev(directory created 6 modified 6)"},
      {kDelete, "/d", recursively,
       "10,8 delete /d/ created 5 gone prev(directory created 5 modified 5) with -/d -/d/f"},
      {kDelete, "/v/f", nothing, "10,8 delete /v/f created 7 gone prev(three created 7 modified 7)"},
      {kCompareDelete, "/v/f", if_index(7),
       "10,8 compareAndDelete /v/f created 7 gone prev(three created 7 modified 7)"},
  };
  for (const Case& c : cases) {
    Tree world;
    Command command = v2_write(c.operation, c.path);
    c.with(*command.mutable_v2_write());
    CAPTURE(command.ShortDebugString());
    CHECK(to_text(world.apply(command)) == c.answer);
    CHECK(to_text(*world.events().back()) == c.answer);
    world.restart();
    auto history = world.store().events_since(Seq(10), 10, 1 << 20);
    REQUIRE(history);
    REQUIRE(history->size() == 1);
    CHECK(to_text(*history->front()) == c.answer);  // the same after a restart, from the log
  }
}

TEST_CASE("an updated directory shows the new index in the event, the old one ever after") {
  Tree world;
  Command update = with_ttl(v2_write(kUpdate, "/e"), 5);
  const Outcome outcome = world.apply(update);
  const store::Event& event = *std::get<V2Done>(outcome.body).event;
  CHECK(event.record.id.seq == Seq(10));
  CHECK(event.record.modified_seq() == Seq(6));
  CHECK(to_text(world.get("/e")) == "/e/ created 6 modified 6 ttl 5 until 1500000005000000000\n@10,8");
  CHECK(to_text(world.apply(update)) ==
        "11,9 update /e/ created 6 ttl 5 until 1500000005000000000 "
        "prev(directory created 6 modified 6 ttl 5 until 1500000005000000000)");
}

TEST_CASE("paths end at the format's limits, also where an in-order name passes them") {
  World world;
  const std::string longest = "/" + std::string(4095, 'x');
  std::string deepest;
  for (int i = 0; i < 128; ++i) deepest += "/d";
  CHECK(to_text(world.apply(v2_set(longest + "x"))) == "210 path too long @3");
  CHECK(to_text(world.apply(v2_set(deepest + "/d"))) == "210 path too deep @3");
  CHECK(std::holds_alternative<V2Done>(world.apply(v2_set(longest)).body));
  CHECK(std::holds_alternative<V2Done>(world.apply(v2_make_directory(deepest)).body));
  CHECK(to_text(world.apply(v2_write(kInOrder, deepest))) == "210 path too deep @5");
  CHECK(std::holds_alternative<V2Done>(world.apply(v2_write(kInOrder, "/" + std::string(4074, 'q'))).body));
  CHECK(to_text(world.apply(v2_write(kInOrder, "/" + std::string(4075, 'q')))) == "210 path too long @6");
}

TEST_CASE("an in-order name that was taken before is refused, and the next one is free again") {
  World world;
  world.apply(v3_put("/q/00000000000000000005", "taken"));
  CHECK(to_text(world.apply(v2_write(kInOrder, "/q"))) == "105 /q/00000000000000000005 @4");
  world.apply(v2_set("/other"));
  CHECK(to_text(world.apply(v2_write(kInOrder, "/q", "v"))) ==
        "6,4 create /q/00000000000000000006=v version 1 from 4 lease 0 created 6 with +/q/");
}

TEST_CASE("with a v2 root the paths are v3 keys below it, and errors name the path without it") {
  World world("/pfx/of");
  CHECK(to_text(world.apply(v2_set("/a/b", "1"))) ==
        "4,2 set /pfx/of/a/b=1 version 1 from 2 lease 0 created 4 with +/pfx/of/a/");
  CHECK(to_text(world.apply(v2_set("/a/b/c"))) == "104 /a/b @4");
  CHECK(to_text(world.apply(v2_delete(""))) == "107 / @4");
  world.apply(v3_put("/a/b", "outside"));
  world.apply(v3_put("/pfx/of", "the root's own name"));
  world.apply(v3_put("/pfx/office", "a neighbour"));
  CHECK(to_text(world.get("", true)) ==
        "/ created 0 modified 0\n  /a/ created 4 modified 4\n    /a/b=1 created 4 modified 4\n@7,5");
}

}  // namespace
}  // namespace viaduct::v3bridge
