#include "v3bridge/reader.h"

#include <doctest/doctest.h>

#include <string>

#include "test/v3bridge/world.h"

namespace viaduct::v3bridge {
namespace {

TEST_CASE(
    "a listing shows children of its depth only, in byte order, and neither hidden, shadowed nor invisible ones") {
  World world;
  for (const char* path : {"/d/b/x", "/d/a/y/z", "/d/a!", "/d/_hidden/f", "/d/a0"}) world.apply(v2_set(path, "1"));
  for (const char* key : {"/d/a", "/d/", "/d//x", "/d/.", "/d", "/dx"}) world.apply(v3_put(key, "2"));
  CHECK(to_text(world.get("/d")) ==
        "/d/ created 4 modified 4\n"
        "  /d/a/ created 5 modified 5\n"
        "  /d/a!=1 created 6 modified 6\n"
        "  /d/a0=1 created 8 modified 8\n"
        "  /d/b/ created 4 modified 4\n"
        "@14,12");
  CHECK(to_text(world.get("/d", true)) ==
        "/d/ created 4 modified 4\n"
        "  /d/a/ created 5 modified 5\n"
        "    /d/a/y/ created 5 modified 5\n"
        "      /d/a/y/z=1 created 5 modified 5\n"
        "  /d/a!=1 created 6 modified 6\n"
        "  /d/a0=1 created 8 modified 8\n"
        "  /d/b/ created 4 modified 4\n"
        "    /d/b/x=1 created 4 modified 4\n"
        "@14,12");
  CHECK(to_text(world.get("/d/_hidden")) ==
        "/d/_hidden/ created 7 modified 7\n  /d/_hidden/f=1 created 7 modified 7\n@14,12");
}

TEST_CASE("a read that fails names the first missing component, or the file in the way") {
  World world;
  world.apply(v2_set("/d/f", "1"));
  CHECK(to_text(world.get("/n/x/y")) == "100 /n @4");
  CHECK(to_text(world.get("/d/n/x")) == "100 /d/n @4");
  CHECK(to_text(world.get("/d/f/x/y")) == "104 /d/f @4");
}

TEST_CASE("the empty root has neither key nor indexes") {
  World world;
  CHECK(to_text(world.get("")) == "/ created 0 modified 0\n@3,1");
  const auto answer = read_fast(world.store(), {"", true}, 0);
  CHECK(std::get<Listing>(answer).nodes.front().key.empty());
}

TEST_CASE("more nodes than one lock may copy go to a reader, which shows them all") {
  World world;
  const auto add = [&](size_t i) { world.apply(v2_set("/d/" + std::to_string(100'000 + i))); };
  for (size_t i = 0; i < store::Store::kSliceNodes; ++i) add(i);
  CHECK(std::holds_alternative<Listing>(read_fast(world.store(), {"/d", false}, 0)));
  add(store::Store::kSliceNodes);
  CHECK(std::holds_alternative<NeedsReader>(read_fast(world.store(), {"/d", false}, 0)));
  CHECK(std::get<Listing>(read_slow(world.store(), {"/d", false}, 0)).nodes.size() == store::Store::kSliceNodes + 2);
}

TEST_CASE("the cost of a listing follows its children, not what lies below them") {
  World world;
  for (size_t i = 0; i < 2 * store::Store::kSliceNodes; ++i)
    world.apply(v3_put("/d/" + std::to_string(i % 3) + "/" + std::to_string(i), ""));
  const auto answer = read_fast(world.store(), {"/d", false}, 0);
  REQUIRE(std::holds_alternative<Listing>(answer));
  CHECK(std::get<Listing>(answer).nodes.size() == 4);
}

TEST_CASE("a value that is on disk only goes to a reader, and writes that need it find it") {
  store::Options options;
  options.value_cache_bytes = 0;
  World world("", options);
  world.apply(v2_set("/f", std::string(1000, 'v')));
  for (int i = 0; i < 10; ++i) world.apply(v2_set("/other" + std::to_string(i), std::string(1000, 'o')));
  REQUIRE(std::holds_alternative<NeedsReader>(read_fast(world.store(), {"/f", false}, 0)));
  CHECK(std::get<Listing>(read_slow(world.store(), {"/f", false}, 0)).nodes.front().value.view() ==
        std::string(1000, 'v'));

  Command swap = v2_write(V2Write::COMPARE_AND_SWAP, "/f", "new");
  swap.mutable_v2_write()->set_prev_value(std::string(1000, 'v'));
  const Outcome outcome = world.apply(swap);
  REQUIRE(std::holds_alternative<V2Done>(outcome.body));
  CHECK(std::get<V2Done>(outcome.body).event->prev->value.view() == std::string(1000, 'v'));
}

TEST_CASE("ttl is the time left, rounded up, and expiration does not move") {
  World world;
  world.apply(with_ttl(v2_set("/t", "1"), 2));
  const std::string until = " until 1500000002000000000\n@4,2";
  struct Case {
    uint64_t after_ms;
    const char* ttl;
  };
  for (const Case& c : {Case{0, "2"}, {1, "2"}, {999, "1"}, {999, "1"}, {1, "0"}, {999, "0"}, {1, "-1"}}) {
    world.advance_ms(c.after_ms);
    CAPTURE(world.now_ms());
    CHECK(to_text(world.get("/t")) == "/t=1 created 4 modified 4 ttl " + std::string(c.ttl) + until);
  }
}

}  // namespace
}  // namespace viaduct::v3bridge
