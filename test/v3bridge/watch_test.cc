#include "v3bridge/watch.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

// A world where each kind of event happened once.
struct History : World {
  History() {
    for (const char* path : {"/d/f", "/d/_h/f", "/d/in/f", "/dd"}) apply(v2_set(path, "1"));  // 4..7
    apply(v3_put("/d/in", "shadowed"));                                                       // 8
    Command refresh = with_ttl(v2_set("/dd"), 5);
    refresh.mutable_v2_write()->set_refresh(true);
    apply(refresh);                     // 9
    apply(v3_put("/a//b", "no path"));  // 10
    apply(v2_delete("/d", true));       // 11
    apply(v2_delete("/dd"));            // 12
    apply(v3_put("/i/f", "1"));         // 13
    apply(v3_delete("/i/f"));           // 14, and the implicit /i
  }
};

std::vector<uint64_t> seen(World& world, const V2Watch& watch) {
  std::vector<uint64_t> seqs;
  for (const store::EventPtr& event : world.events()) {
    if (matches(*event, watch)) seqs.push_back(event->seq().value);
  }
  return seqs;
}

// Known bug: RB-66.
TEST_CASE("a v2 watch sees its own path, below it when recursive, and the directory that took its path along") {
  History world;
  struct Case {
    const char* name;
    bool recursive;
    std::vector<uint64_t> seqs;
  };
  const std::vector<Case> cases = {
      {"", false, {}},                        // nothing has the root's name
      {"", true, {4, 6, 7, 11, 12, 13, 14}},  // not what is hidden, shadowed, a refresh or no path
      {"/d", false, {11}},                    // only the directory itself
      {"/d", true, {4, 6, 11}},
      {"/d/f", false, {4, 11}},  // went along with /d
      {"/d/f", true, {4, 11}},
      {"/d/in", true, {6, 11}},
      {"/d/_h", false, {11}},  // hidden paths that are named are seen
      {"/d/_h", true, {5, 11}},
      {"/d/_h/f", false, {5, 11}},
      {"/d/never", false, {}},  // was not there when /d went
      {"/d/never", true, {}},
      {"/dd", true, {7, 12}},  // no sibling by string prefix
      {"/i", false, {}},       // an implicit directory makes no event of its own
      {"/i", true, {13, 14}},
      {"/a//b", true, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CAPTURE(c.recursive);
    CHECK(seen(world, {c.name, c.recursive}) == c.seqs);
    const Seq newest = newest_relevant(world.store(), {c.name, c.recursive});
    CHECK(newest.value >= (c.seqs.empty() ? 0 : c.seqs.back()));
  }
}

TEST_CASE("an event of expiry is seen like a delete") {
  World world;
  world.apply(with_ttl(v2_make_directory("/d"), 1));
  world.apply(v2_set("/d/f"));
  world.advance_ms(1000);
  world.apply(expire({store::kFirstV2LeaseId + 4}));
  CHECK(seen(world, {"/d/f", false}) == std::vector<uint64_t>{5, 6});
  CHECK(seen(world, {"/d", false}) == std::vector<uint64_t>{4, 6});
}

TEST_CASE("nothing newer than its own last change concerns a quiet path in a busy tree") {
  World world;
  world.apply(v2_set("/quiet/f", "1"));
  world.apply(v2_set("/quiet/d/f", "1"));
  for (int i = 0; i < 10; ++i) world.apply(v2_set("/busy/f", std::to_string(i)));
  CHECK(newest_relevant(world.store(), {"/quiet/f", false}) == Seq(4));
  CHECK(newest_relevant(world.store(), {"/quiet/d", true}) == Seq(5));
  CHECK(newest_relevant(world.store(), {"/quiet/never", false}) == Seq(5));
  CHECK(newest_relevant(world.store(), {"", true}) == Seq(15));
}

TEST_CASE("below a live file v3 may have come and gone, which a recursive watch has to read") {
  World world;
  world.apply(v2_set("/f", "1"));
  world.apply(v3_put("/f/below", "1"));
  world.apply(v3_delete("/f/below"));
  CHECK(seen(world, {"/f", true}) == std::vector<uint64_t>{4, 5, 6});
  CHECK(newest_relevant(world.store(), {"/f", true}) == Seq(6));
  CHECK(newest_relevant(world.store(), {"/f", false}) == Seq(4));
}

}  // namespace
}  // namespace viaduct::v3bridge
