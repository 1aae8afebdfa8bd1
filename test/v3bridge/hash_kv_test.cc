// The hashes are those that etcd 3.4.23 gave after the same operations.
#include "v3bridge/hash_kv.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/store/store_fixture.h"
#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

constexpr uint64_t kMinusOne = UINT64_MAX;  // a lease id
const std::string kZero(1, '\0');

struct Step {
  const char* name;
  Command command;
  uint32_t hash;  // at the head behind it
};

std::vector<Step> steps() {
  return {{"grant", grant(kMinusOne, 1000), 1084519789},
          {"compact nothing", compact(0), 1084519789},
          {"put a", v3_put("a", "1"), 2587454935},
          {"put b", v3_put("b", "2"), 1827592406},
          {"put a again", v3_put("a", "3"), 2069675932},
          {"delete b", v3_delete("b"), 1125682900},
          {"several in a txn", v3_txn({v3_put("c", "4"), v3_put("d", ""), v3_delete("a"), v3_put("e", "5", kMinusOne)}),
           4216167108},
          {"put c", v3_put("c", "6"), 3477727320},
          {"put c again", v3_put("c", "7"), 4126621382},
          {"put b anew", v3_put("b", "8"), 1351388616},
          {"compact at 7", compact(7), 876165812},
          {"delete all and put e anew", v3_txn({v3_delete("a", kZero), v3_put("e", "9")}), 4250517537},
          {"compact at 9", compact(9), 186889186},
          {"delete the last", v3_delete("a", kZero), 468073834},
          {"compact at 10", compact(10), 2542611302},
          {"compact at the head", compact(11), 1084519789},
          {"put z", v3_put("z", "1"), 3615936642}};
}

std::string text(const KvHash& hash) {
  if (hash.error != V3Error::kNone) return "error " + std::to_string(static_cast<int>(hash.error));
  return std::to_string(hash.hash) + " head " + to_string(hash.head) + " compact " +
         std::to_string(hash.compact_revision);
}

// Known bug: RB-20.
TEST_CASE("the hash is etcd's after every step, whether compaction has cleaned up or not, and after a restart") {
  for (const bool cleans : {false, true}) {
    CAPTURE(cleans);
    World world;
    CHECK(text(hash_kv(world.store(), 0, false)) == "1084519789 head 1 compact -1");
    for (const Step& step : steps()) {
      CAPTURE(step.name);
      world.apply(step.command);
      while (cleans && world.store().compact_some(1)) {
      }
      CHECK(hash_kv(world.store(), 0, false).hash == step.hash);
      world.restart();
      CHECK(hash_kv(world.store(), 0, false).hash == step.hash);
    }
  }
}

// Known bug: RB-20.
TEST_CASE("the hash at an earlier revision leaves out what came later, and what was compacted for it") {
  World world;
  for (const Step& step : steps()) {
    if (step.name == std::string("delete all and put e anew")) break;
    world.apply(step.command);
  }
  struct Case {
    int64_t revision;
    bool allow_compacted_revision;
    const char* answer;
  };
  for (const auto& [revision, allowed, answer] :
       {Case{-7, false, "1084519789 head 9 compact 7"}, Case{6, true, "error 3"}, Case{7, false, "error 3"},
        Case{8, false, "2134114450 head 9 compact 7"}, Case{9, false, "876165812 head 9 compact 7"},
        Case{0, false, "876165812 head 9 compact 7"}, Case{10, false, "error 4"}}) {
    CAPTURE(revision);
    CHECK(text(hash_kv(world.store(), revision, allowed)) == answer);
  }
  CHECK(hash_kv(world.store(), 7, true).error == V3Error::kNone);
}

TEST_CASE("a revision that a compaction takes before it is on disk is refused at once") {
  store::StoreFixture store;
  for (const char* value : {"1", "2", "3"}) store.put("a", value);
  store->begin_group();
  REQUIRE(store->compact(Revision(3)));
  CHECK(hash_kv(*store, 2, true).error == V3Error::kCompacted);
  CHECK(hash_kv(*store, 3, true).error == V3Error::kNone);
  store.commit();
  CHECK(hash_kv(*store, 3, true).error == V3Error::kNone);
}

TEST_CASE("the hash is of keys, not of directories, and does not tell which API wrote them") {
  World v2, v3;
  v2.apply(v2_make_directory("/d"));
  CHECK(text(hash_kv(v2.store(), 0, false)) == "1084519789 head 2 compact -1");
  v2.apply(v2_set("/d/a", "1"));
  v3.apply(v3_put("/other", ""));
  v3.apply(v3_txn({v3_put("/d/a", "1"), v3_delete("/other")}));
  for (World* world : {&v2, &v3}) {
    world->apply(compact(3));
    world->apply(v3_put("/d/b", "2"));
  }
  CHECK(hash_kv(v2.store(), 0, false).hash == hash_kv(v3.store(), 0, false).hash);
}

}  // namespace
}  // namespace viaduct::v3bridge
