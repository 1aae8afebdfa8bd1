// Who is wrong when members that applied the same entries do not agree (INV-A6, RB-20).
#include "server/checkpoints.h"

#include <doctest/doctest.h>

#include <string>

namespace viaduct::server {
namespace {

constexpr uint64_t kRight = 7;
constexpr uint64_t kWrong = 8;
const MemberId kSelf(1);
const MemberId kNobody;

// The leader has applied `count` checkpoints, each with the chain kRight.
struct Leader {
  explicit Leader(uint64_t count) {
    for (uint64_t i = 1; i <= count * Checkpoints::kSpacing; ++i) checkpoints.applied(Index(i), kRight);
  }
  std::vector<MemberId> told(uint64_t from, uint64_t checkpoint, uint64_t chain, size_t voters) {
    return checkpoints.compare(kSelf, MemberId(from), {Index(checkpoint * Checkpoints::kSpacing), chain}, voters);
  }
  Checkpoints checkpoints;
};

TEST_CASE("only every so-many-th entry is a checkpoint, and the newest is told") {
  Checkpoints checkpoints;
  for (uint64_t i = 1; i < Checkpoints::kSpacing; ++i) checkpoints.applied(Index(i), i);
  CHECK_FALSE(checkpoints.newest());
  for (uint64_t i = Checkpoints::kSpacing; i < 3 * Checkpoints::kSpacing; ++i) checkpoints.applied(Index(i), i);
  REQUIRE(checkpoints.newest());
  CHECK(checkpoints.newest()->index == Index(2 * Checkpoints::kSpacing));
  CHECK(checkpoints.newest()->chain == 2 * Checkpoints::kSpacing);
}

TEST_CASE("RB-20: who differs from a majority is wrong, the leader like any other, and nobody before there is one") {
  struct Step {
    uint64_t from;
    uint64_t chain;
    std::vector<MemberId> wrong;
  };
  struct Case {
    const char* name;
    size_t voters;
    std::vector<Step> steps;
  };
  const std::vector<Case> cases = {
      {"all agree", 3, {{2, kRight, {}}, {3, kRight, {}}}},
      {"one of three, told last", 3, {{2, kRight, {}}, {3, kWrong, {MemberId(3)}}}},
      {"one of three, told first", 3, {{3, kWrong, {}}, {2, kRight, {MemberId(3)}}}},
      {"the leader of three", 3, {{2, kWrong, {}}, {3, kWrong, {kSelf}}}},
      {"either of two", 2, {{2, kWrong, {kNobody}}}},
      {"one of five", 5, {{2, kWrong, {}}, {3, kRight, {}}, {4, kRight, {MemberId(2)}}}},
      {"two of five", 5, {{2, kWrong, {}}, {3, kWrong, {}}, {4, kRight, {}}, {5, kRight, {MemberId(2), MemberId(3)}}}},
      {"the leader and one of five", 5, {{2, kWrong, {}}, {3, kRight, {}}, {4, kWrong, {}}, {5, kWrong, {kSelf}}}},
      {"half of four", 4, {{2, kRight, {}}, {3, kWrong, {}}, {4, kWrong, {kNobody}}}},
      {"it has the state anew by now", 3, {{3, kWrong, {}}, {3, kRight, {}}, {2, kRight, {}}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Leader leader(1);
    for (const Step& step : c.steps) {
      CAPTURE(step.from);
      CHECK(leader.told(step.from, 1, step.chain, c.voters) == step.wrong);
    }
  }
}

TEST_CASE(
    "RB-20: members are compared at the same entry, and where the leader has nothing to compare with, not at all") {
  Leader leader(3);
  CHECK(leader.told(2, 4, kWrong, 3).empty());  // ahead of the leader
  CHECK(leader.told(3, 4, kWrong, 3).empty());
  CHECK(leader.checkpoints.compare(kSelf, MemberId(2), {Index(Checkpoints::kSpacing + 1), kWrong}, 3).empty());
  CHECK(leader.checkpoints.compare(kSelf, MemberId(3), {Index(Checkpoints::kSpacing + 1), kWrong}, 3).empty());
}

TEST_CASE("agreement of before the difference supports nobody") {
  Leader leader(3);
  CHECK(leader.told(2, 1, kRight, 3).empty());
  CHECK(leader.told(3, 2, kWrong, 3).empty());  // 2 may have differed since as well
  CHECK(leader.told(2, 3, kRight, 3) == std::vector{MemberId(3)});
}

TEST_CASE("RB-20: a new leader knows nothing of what others told it when it led before") {
  Leader leader(2);
  CHECK(leader.told(3, 1, kWrong, 3).empty());
  leader.checkpoints.forget_others();
  CHECK(leader.told(2, 2, kRight, 3).empty());
}

TEST_CASE("so many checkpoints are kept, the oldest go first") {
  Leader leader(Checkpoints::kKept + 1);
  CHECK(leader.told(2, 1, kWrong, 2).empty());
  CHECK(leader.told(2, 2, kWrong, 2) == std::vector{kNobody});
}

}  // namespace
}  // namespace viaduct::server
