#include "peer/links.h"

#include "test/peer/world.h"

namespace viaduct::peer {
namespace {

TEST_CASE("two members connect both ways, and what one sends the other receives in order") {
  World world(2);
  for (uint64_t i = 1; i <= 1000; ++i) world[1].links->send(MemberId(2), ReadIndexRequest{i});
  REQUIRE(world[2].listener.await_frames(MemberId(1), 1000));
  const std::vector<Frame> frames = world[2].listener.take_frames(MemberId(1));
  REQUIRE(frames.size() == 1000);
  for (uint64_t i = 1; i <= 1000; ++i) CHECK(std::get<ReadIndexRequest>(frames[i - 1]).token == i);
  CHECK(world[1].listener.times_dropped(MemberId(2)) == 0);
}

TEST_CASE("a member whose listener and streams close is gone at once, and only once until it is back") {
  World world(2);
  const auto closing = std::chrono::steady_clock::now();
  world[2].close();
  world[2].links->stop();
  REQUIRE(world[1].listener.await_gone(MemberId(2), 1));
  const auto took = world[1].listener.gone_at() - closing;
  MESSAGE("gone after " << std::chrono::duration_cast<std::chrono::microseconds>(took).count() << " us");
  CHECK(took < std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace viaduct::peer
