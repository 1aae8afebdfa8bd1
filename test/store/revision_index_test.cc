#include "store/revision_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace viaduct::store {
namespace {

TEST_CASE("a revision begins behind the one before it, whatever number of events each has") {
  RevisionIndex index;
  index.start(Revision(1), Seq(3));
  for (const uint64_t last : {4, 5, 8, 9, 10, 12, 13}) REQUIRE(index.extend(index.newest().next(), Seq(last)));
  const std::vector<uint64_t> lasts = {3, 4, 5, 8, 9, 10, 12, 13};
  for (uint64_t i = 0; i < lasts.size(); ++i) {
    CAPTURE(i);
    CHECK(index.last_seq(Revision(i + 1)) == Seq(lasts[i]));
    CHECK(index.first_seq(Revision(i + 2)) == Seq(lasts[i] + 1));
  }
}

TEST_CASE("a revision that grows event by event ends as one that was there at once") {
  RevisionIndex at_once, by_event;
  at_once.start(Revision(7), Seq(20));
  by_event.start(Revision(7), Seq(20));
  SeededRandom random(1);
  uint64_t seq = 20;
  for (uint64_t revision = 8; revision < 500; ++revision) {
    const uint64_t events = 1 + random.below(2) * random.below(4);
    for (uint64_t i = 1; i <= events; ++i) REQUIRE(by_event.extend(Revision(revision), Seq(seq + i)));
    seq += events;
    REQUIRE(at_once.extend(Revision(revision), Seq(seq)));
    if (random.below(10) == 0) at_once.forget_before(Revision(std::min(revision, 8 + random.below(392))));
    CHECK(at_once.last_seq(Revision(revision)) == Seq(seq));
    CHECK(by_event.last_seq(Revision(revision)) == Seq(seq));
  }
  at_once.forget_before(Revision(400));
  for (uint64_t revision = 400; revision < 500; ++revision)
    CHECK(at_once.last_seq(Revision(revision)) == by_event.last_seq(Revision(revision)));
}

TEST_CASE("a revision out of turn, and one without an event, are refused") {
  RevisionIndex index;
  index.start(Revision(5), Seq(9));
  CHECK_FALSE(index.extend(Revision(4), Seq(10)));
  CHECK_FALSE(index.extend(Revision(7), Seq(10)));
  CHECK_FALSE(index.extend(Revision(6), Seq(9)));
  CHECK(index.extend(Revision(6), Seq(10)));
  CHECK(index.newest() == Revision(6));
}

}  // namespace
}  // namespace viaduct::store
