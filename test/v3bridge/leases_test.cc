#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

constexpr uint64_t kV2 = store::kFirstV2LeaseId;

TEST_CASE("grant, renewal and revocation of a lease without keys take neither seq nor revision") {
  World world;
  CHECK(to_text(world.apply(grant(7, 10))) == "v3 error 0 deleted 0");
  CHECK(to_text(world.apply(grant(7, 10))) == "v3 error 2 deleted 0");
  CHECK(to_text(world.apply(renew(7))) == "v3 error 0 deleted 0");
  CHECK(to_text(world.apply(renew(8))) == "v3 error 0 deleted 0\nmissing 8");
  CHECK(to_text(world.apply(revoke(7))) == "v3 error 0 deleted 0");
  CHECK(to_text(world.apply(revoke(7))) == "v3 error 1 deleted 0");
  CHECK(to_text(world.apply(v3_put("/a", "1", 7))) == "v3 error 1 deleted 0");
  CHECK(world.numbers().seq == Seq(3));
  CHECK(world.numbers().revision == Revision(1));
}

TEST_CASE(
    "the end of a lease is one revision: its keys in byte order, then its directories, what lies below going along") {
  World world;
  world.apply(with_ttl(v2_make_directory("/m"), 1));  // 4
  const uint64_t lease = kV2 + 4;
  for (const char* key : {"/z", "/m/x", "/i/f", "/m!", "/a//b", "/m"}) world.apply(v3_put(key, "1", lease));  // 5..10
  world.apply(v2_set("/m/other"));                                                                            // 11
  world.advance_ms(1000);
  world.apply(expire({lease}));
  std::vector<std::string> events;
  for (const store::EventPtr& event : world.events()) {
    if (event->seq() > Seq(11)) events.push_back(to_text(*event));
  }
  const std::string ttl = " ttl 0 until 1500000001000000000)";
  CHECK(events ==
        std::vector<std::string>{
            "12,10 expire /a//b created 9 gone silent prev(1 created 9 modified 9" + ttl,
            "13,10 expire /i/f created 7 gone prev(1 created 7 modified 7" + ttl + " with -/i/",
            "14,10 expire /m created 10 gone silent prev(1 created 10 modified 10" + ttl,
            "15,10 expire /m! created 8 gone prev(1 created 8 modified 8" + ttl,
            "16,10 expire /z created 5 gone prev(1 created 5 modified 5" + ttl,
            "17,10 expire /m/ created 4 gone prev(directory created 4 modified 4" + ttl + " with -/m/other -/m/x",
        });
  CHECK(world.numbers().revision == Revision(10));
  CHECK(world.store().sizes().leases == 0);
}

// Known bugs: RB-55, RB-59, RB-66.
TEST_CASE("each lease of an expiry entry is a transaction of its own, and one that is not due or gone is skipped") {
  World world;
  world.apply(with_ttl(v2_set("/a"), 1));
  world.apply(with_ttl(v2_set("/b"), 1));
  world.apply(with_ttl(v2_set("/c"), 2));
  world.advance_ms(1000);
  world.apply(expire({kV2 + 4, kV2 + 5, kV2 + 6, kV2 + 4, 99}));
  CHECK(world.numbers().seq == Seq(8));
  CHECK(world.numbers().revision == Revision(6));
  CHECK(to_text(world.get("/c")) == "/c= created 6 modified 6 ttl 1 until 1500000002000000000\n@8,6");
}

TEST_CASE("revocation by a client is a delete for v2 watchers") {
  World world;
  world.apply(grant(7, 10));
  world.apply(v3_put("/a", "1", 7));
  CHECK(to_text(world.apply(revoke(7))) ==
        "v3 error 0 deleted 1\n5,3 delete /a created 4 gone prev(1 created 4 modified 4 ttl 10 until "
        "1500000010000000000)");
}

TEST_CASE("a lease that v2 made goes with its last attachment, one that v3 made stays") {
  struct Case {
    const char* name;
    Command command;
    uint64_t leases;
  };
  const std::vector<Case> cases = {
      {"v2 write without ttl", v2_set("/t", "2"), 1},
      {"v2 write with a new ttl", with_ttl(v2_set("/t", "2"), 9), 2},
      {"v2 delete", v2_delete("/t"), 1},
      {"v3 put without lease", v3_put("/t", "2"), 1},
      {"v3 put with another lease", v3_put("/t", "2", 7), 1},
      {"v3 put with the same lease", v3_put("/t", "2", kV2 + 4), 2},
      {"v3 delete", v3_delete("/t"), 1},
      {"a directory over it", v2_make_directory("/t"), 1},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    World world;
    world.apply(with_ttl(v2_set("/t", "1"), 5));
    world.apply(grant(7, 10));
    world.apply(c.command);
    CHECK(world.store().sizes().leases == c.leases);
    const uint64_t hash = world.store().hash();
    world.restart();
    CHECK(world.store().sizes().leases == c.leases);
    CHECK(world.store().hash() == hash);
  }
}

TEST_CASE("a v2 lease that a v3 client renewed or shares outlives its file and a restart") {
  World world;
  world.apply(with_ttl(v2_set("/t", "1"), 5));
  const uint64_t lease = kV2 + 4;
  world.apply(v3_put("/shared", "1", lease));
  world.apply(v2_delete("/t"));
  world.advance_ms(3000);
  world.apply(renew(lease));
  world.restart();
  CHECK(to_text(world.get("/shared")) == "/shared=1 created 5 modified 5 ttl 5 until 1500000008000000000\n@6,4");
}

TEST_CASE("ttl 0 expires at the next scan, and a ttl beyond the longest counts as that") {
  World world;
  world.apply(with_ttl(v2_set("/now"), 0));
  CHECK(world.store().expired(world.now_ms(), 10, 10) == std::vector<LeaseId>{LeaseId(kV2 + 4)});
  world.apply(with_ttl(v2_set("/never"), UINT64_MAX));
  const auto answer = world.get("/never");
  CHECK(std::get<Listing>(answer).nodes.front().ttl->ttl_seconds == static_cast<int64_t>(store::kMaxTtlSeconds));
}

TEST_CASE("a transaction may not attach a key to a v2 lease that its own earlier change drops") {
  World world;
  world.apply(with_ttl(v2_set("/t", "1"), 5));
  const uint64_t lease = kV2 + 4;
  CHECK(to_text(world.apply(v3_txn({v3_delete("/t"), v3_put("/k", "1", lease)}))) == "v3 error 1 deleted 0");
  CHECK(to_text(world.apply(v3_txn({v3_put("/t", "2"), v3_put("/k", "1", lease)}))) == "v3 error 1 deleted 0");
  CHECK(world.numbers().seq == Seq(4));
  world.apply(v3_txn({v3_put("/k", "1", lease), v3_delete("/t")}));
  CHECK(world.numbers().seq == Seq(6));
  CHECK(world.store().sizes().leases == 1);
}

TEST_CASE("a lease may have any id but 0, and keeps its keys over a restart (RB-08)") {
  for (const uint64_t id :
       {uint64_t{1}, store::kFirstV2LeaseId - 1, uint64_t{INT64_MAX}, uint64_t{1} << 63, UINT64_MAX}) {
    CAPTURE(id);
    for (const bool cleans : {false, true}) {
      World world;
      world.apply(grant(id, 10));
      world.apply(v3_put("/a", "1", id));
      world.apply(v3_put("/b", "1", id));
      world.apply(v3_put("/b", "2"));
      world.apply(v3_put("c", "1", id));
      if (cleans) world.apply(compact(5));
      while (cleans && world.store().compact_some(100)) {
      }
      world.restart();
      {
        const store::Store::ReadLock lock(world.store());
        CHECK(world.store().attached(LeaseId(id)) == std::vector<std::pair<store::Family, std::string>>{
                                                         {store::Family::kKey, "/a"}, {store::Family::kKey, "c"}});
      }
      world.apply(revoke(id));
      CHECK(world.v3_keys() == std::vector<std::string>{"/b=2 create=3 mod=4 version=2 lease=0"});
    }
  }
}

TEST_CASE("the end of a lease removes its keys in byte order at one revision (INV-E5, RB-09)") {
  World world;
  world.apply(grant(7, 10));
  world.open_group();
  for (int i = 0; i < 1000; ++i) world.apply(v3_put("/k/" + std::to_string(i * 7919 % 1000), "", 7));
  world.close_group();
  const size_t before = world.events().size();
  const Outcome outcome = world.apply(revoke(7));
  REQUIRE(world.events().size() == before + 1000);
  std::string last;
  for (size_t i = before; i < world.events().size(); ++i) {
    const store::Record& record = world.events()[i]->record;
    CHECK(last < record.key);
    CHECK(record.revision == outcome.revision);
    CHECK(record.sub == i - before);
    last = record.key;
  }
}

TEST_CASE("a key belongs to the lease of its newest put, and to none once it went (INV-E5)") {
  World world;
  for (const uint64_t id : {7, 8}) world.apply(grant(id, 10));
  const auto keys_of = [&](uint64_t id) {
    const store::Store::ReadLock lock(world.store());
    return world.store().attached(LeaseId(id)).size();
  };
  world.apply(v3_put("/a", "", 7));
  world.apply(v3_txn({v3_put("/a", "", 8), v3_put("/b", "", 7)}));
  CHECK(keys_of(7) == 1);
  CHECK(keys_of(8) == 1);
  world.apply(v3_delete("/a"));
  CHECK(keys_of(8) == 0);
  world.apply(v3_put("/a", ""));
  world.apply(revoke(8));
  CHECK(world.v3_keys().size() == 2);
}

}  // namespace
}  // namespace viaduct::v3bridge
