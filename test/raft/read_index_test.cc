#include "raft/read_index.h"

#include <doctest/doctest.h>

namespace viaduct::raft {

TEST_CASE("INV-R12: a read is answered by its own round or a later one, never by an older") {
  ReadIndex reads;
  const ReadToken first = reads.add(Index(5), Round(3));
  const ReadToken second = reads.add(Index(6), Round(4));
  CHECK(first < second);
  reads.confirmed(Round(2));
  CHECK_FALSE(reads.has_results());
  reads.confirmed(Round(3));
  auto results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].token == first);
  CHECK(results[0].index == Index(5));
  reads.confirmed(Round(2));  // reordered
  CHECK_FALSE(reads.has_results());
  reads.confirmed(Round(9));
  results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].token == second);
  CHECK(results[0].index == Index(6));
  CHECK(reads.pending() == 0);
}

TEST_CASE("RB-36: before the leader has committed in its term a confirmed read waits for the commit index") {
  ReadIndex reads;
  reads.add(std::nullopt, Round(1));
  reads.add(std::nullopt, Round(2));
  reads.confirmed(Round(1));
  CHECK_FALSE(reads.has_results());
  reads.commit_known(Index(7));
  auto results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].index == Index(7));
  reads.commit_known(Index(8));  // the second has its index already
  reads.confirmed(Round(2));
  results = reads.take_results();
  REQUIRE(results.size() == 1);
  CHECK(results[0].index == Index(7));
}

TEST_CASE("the end of leadership fails every read that waits, and tokens go on rising") {
  ReadIndex reads;
  const ReadToken first = reads.add(Index(5), Round(1));
  const ReadToken second = reads.add(std::nullopt, Round(1));
  reads.fail_all();
  const auto results = reads.take_results();
  REQUIRE(results.size() == 2);
  CHECK(results[0].token == first);
  CHECK_FALSE(results[0].index);
  CHECK(results[1].token == second);
  CHECK_FALSE(results[1].index);
  CHECK(reads.pending() == 0);
  CHECK_FALSE(reads.has_results());
  CHECK(second < reads.add(Index(9), Round(5)));
}

}  // namespace viaduct::raft
