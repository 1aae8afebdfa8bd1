// The worked examples of bridge.md section 8, one test case per row. Each row starts where the one before ended.
#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "test/v3bridge/world.h"
#include "v3bridge/watch.h"

namespace viaduct::v3bridge {
namespace {

constexpr uint64_t s = 3, r = 1;  // the numbers of a fresh node

std::string numbered(uint64_t seq, uint64_t revision) { return std::to_string(seq) + "," + std::to_string(revision); }

std::string head(const World& world) { return numbered(world.numbers().seq.value, world.numbers().revision.value); }

Command swap(const std::string& path, const std::string& value, uint64_t prev_index) {
  Command command = v2_write(V2Write::COMPARE_AND_SWAP, path, value);
  command.mutable_v2_write()->set_prev_index(prev_index);
  return command;
}

// The world after the first `rows` rows.
struct After : World {
  explicit After(int rows) {
    const std::vector<Command> steps = {
        v2_set("/a/b", "1"),
        v3_put("/a/b", "2"),
        swap("/a/b", "3", s + 2),
        v3_txn({v3_put("/x/1", ""), v3_put("/x/2", "")}),
        v3_delete("/x/", prefix_end("/x/")),
        v3_put("/a", "9"),
        v2_delete("/a", true),
    };
    for (int row = 0; row < rows; ++row) last = apply(steps[static_cast<size_t>(row)]);
  }
  Outcome last;
};

// The first event at or after `from` that the watch shows, as its text; "" if there is none yet.
std::string first_seen(World& world, const V2Watch& watch, uint64_t from) {
  auto events = world.store().events_since(Seq(from), 1000, 1 << 20);
  REQUIRE(events);
  for (const store::EventPtr& event : *events) {
    if (matches(*event, watch)) return to_text(*event);
  }
  return "";
}

TEST_CASE("row 1: a v2 write makes a key and its parents, and v3 sees only the key") {
  After world(1);
  CHECK(to_text(world.last) == "4,2 set /a/b=1 version 1 from 2 lease 0 created 4 with +/a/");
  CHECK(to_text(world.get("/a")) == "/a/ created 4 modified 4\n  /a/b=1 created 4 modified 4\n@4,2");
  CHECK(world.v3_keys() == std::vector<std::string>{"/a/b=1 create=2 mod=2 version=1 lease=0"});
  CHECK(head(world) == numbered(s + 1, r + 1));
}

TEST_CASE("row 2: a v3 put of an existing file is a set with prevNode and a new createdIndex") {
  After world(2);
  CHECK(to_text(*world.events().back()) ==
        "5,3 set /a/b=2 version 2 from 2 lease 0 created 5 prev(1 created 4 modified 4)");
  CHECK(world.v3_keys() == std::vector<std::string>{"/a/b=2 create=2 mod=3 version=2 lease=0"});
  CHECK(head(world) == numbered(s + 2, r + 2));
}

TEST_CASE("row 3: a compareAndSwap keeps createdIndex") {
  After world(3);
  CHECK(to_text(world.last) ==
        "6,4 compareAndSwap /a/b=3 version 3 from 2 lease 0 created 5 prev(2 created 5 modified 5)");
  CHECK(head(world) == numbered(s + 3, r + 3));
}

TEST_CASE(
    "row 4: a v3 transaction of two puts is two indexes at one revision, and a watcher that resumes misses none") {
  After world(4);
  const V2Watch watch{"/x", true};
  CHECK(first_seen(world, watch, s + 4) == "7,5 set /x/1= version 1 from 5 lease 0 created 7 with +/x/ implicit");
  CHECK(first_seen(world, watch, s + 5) == "8,5 set /x/2= version 1 from 5 lease 0 created 8");
  CHECK(to_text(world.get("/x")) ==
        "/x/ created 7 modified 7\n  /x/1= created 7 modified 7\n  /x/2= created 8 modified 8\n@8,5");
  CHECK(head(world) == numbered(s + 5, r + 4));
}

TEST_CASE("row 5: an implicit directory goes with its last child, an explicit one stays") {
  After world(5);
  CHECK(to_text(world.last) ==
        "v3 error 0 deleted 2\n9,6 delete /x/1 created 7 gone prev( created 7 modified 7)\n"
        "10,6 delete /x/2 created 8 gone prev( created 8 modified 8) with -/x/");
  CHECK(to_text(world.get("/x")) == "100 /x @10");
  CHECK(to_text(world.get("/a")) == "/a/ created 4 modified 4\n  /a/b=3 created 5 modified 6\n@10,6");
  CHECK(head(world) == numbered(s + 7, r + 5));
}

TEST_CASE("row 6: a key at the path of a directory is shadowed: v2 shows the directory and no event") {
  After world(6);
  CHECK(to_text(*world.events().back()) == "11,7 set /a=9 version 1 from 7 lease 0 created 11 silent");
  CHECK_FALSE(matches(*world.events().back(), {"/a", true}));
  CHECK(to_text(world.get("/a")) == "/a/ created 4 modified 4\n  /a/b=3 created 5 modified 6\n@11,7");
  CHECK(world.v3_keys()[0] == "/a=9 create=7 mod=7 version=1 lease=0");
  CHECK(world.store().sizes().shadowed_keys == 1);
  CHECK(head(world) == numbered(s + 8, r + 6));
}

TEST_CASE("row 7: removing a directory is one v2 event, and for v3 a DELETE of each key at and below it") {
  After world(7);
  CHECK(to_text(world.last) == "12,8 delete /a/ created 4 gone prev(directory created 4 modified 4) with -/a -/a/b");
  CHECK(world.v3_keys().empty());
  CHECK(to_text(world.get("/a")) == "100 /a @12");
  CHECK(head(world) == numbered(s + 9, r + 7));
}

TEST_CASE("row 8: a v2 ttl is a lease, and its end is one expire event at a revision of its own") {
  After world(7);
  world.apply(with_ttl(v2_set("/t", "1"), 2));
  const uint64_t lease = store::kFirstV2LeaseId + s + 10;
  CHECK(world.store().sizes().leases == 1);
  CHECK(world.v3_keys() == std::vector<std::string>{"/t=1 create=9 mod=9 version=1 lease=" + std::to_string(lease)});

  world.advance_ms(1999);
  CHECK(world.store().expired(world.now_ms(), 1000, 10000).empty());
  world.apply(expire({lease}));
  CHECK(head(world) == numbered(s + 10, r + 8));  // too early: nothing happened

  world.advance_ms(1);
  CHECK(world.store().expired(world.now_ms(), 1000, 10000) == std::vector<LeaseId>{LeaseId(lease)});
  world.apply(expire({lease}));
  CHECK(to_text(*world.events().back()) ==
        "14,10 expire /t created 13 gone prev(1 created 13 modified 13 ttl 0 until 1500000002000000000)");
  CHECK(world.store().sizes().leases == 0);
  CHECK(head(world) == numbered(s + 11, r + 9));
}

TEST_CASE("row 9: a v2 write without a ttl detaches a v3 lease, which lives on without keys") {
  After world(7);
  world.apply(with_ttl(v2_set("/t", "1"), 2));
  world.advance_ms(2000);
  world.apply(expire({store::kFirstV2LeaseId + s + 10}));
  world.apply(grant(10, 60));
  world.apply(v3_put("/l", "1", 10));
  CHECK(to_text(world.get("/l")) == "/l=1 created 15 modified 15 ttl 60 until 1500000062000000000\n@15,11");
  world.apply(v2_set("/l", "2"));
  CHECK(head(world) == numbered(s + 13, r + 11));
  CHECK(to_text(world.get("/l")) == "/l=2 created 16 modified 16\n@16,12");
  CHECK(world.v3_keys() == std::vector<std::string>{"/l=2 create=11 mod=12 version=2 lease=0"});
  CHECK(world.store().sizes().leases == 1);
}

}  // namespace
}  // namespace viaduct::v3bridge
