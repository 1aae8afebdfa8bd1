#include "raft/durability.h"

#include <doctest/doctest.h>

namespace viaduct::raft {
namespace {

constexpr TermAndVote kFirst{Term(1), MemberId(1)};
constexpr TermAndVote kSecond{Term(2), MemberId(2)};

}  // namespace

TEST_CASE("entries, term and vote are durable when their write is reported, and not before") {
  Durability durability(Index(3), kFirst);
  CHECK(durability.index() == Index(3));
  const WriteSequence write = durability.hand_out(Index(5), kSecond);
  CHECK(durability.index() == Index(3));
  CHECK(durability.hard() == kFirst);
  CHECK(durability.handed_out() == Index(5));
  durability.persisted(write);
  CHECK(durability.index() == Index(5));
  CHECK(durability.hard() == kSecond);
}

TEST_CASE("a report covers every earlier write, and one for a Ready that wrote nothing covers those before it") {
  Durability durability(Index(), {});
  durability.hand_out(Index(1), kFirst);
  durability.hand_out(Index(2), kFirst);
  const WriteSequence nothing = durability.hand_out(Index(2), kFirst);
  durability.hand_out(Index(3), kFirst);
  durability.persisted(nothing);
  CHECK(durability.index() == Index(2));
  durability.persisted(nothing);
  CHECK(durability.index() == Index(2));
}

TEST_CASE("RB-42: the write of a replaced entry does not make the one in its place durable") {
  // Leaders A, C, A fill the same indexes while the disk is slow: 4 to 6, then 5 and 6, then 5 alone.
  Durability durability(Index(3), kFirst);
  const WriteSequence first = durability.hand_out(Index(6), kFirst);
  durability.replaced_from(Index(5));
  const WriteSequence second = durability.hand_out(Index(6), kSecond);
  durability.replaced_from(Index(5));
  const WriteSequence third = durability.hand_out(Index(5), kSecond);

  durability.persisted(first);
  CHECK(durability.index() == Index(4));
  durability.persisted(second);
  CHECK(durability.index() == Index(4));
  durability.persisted(third);
  CHECK(durability.index() == Index(5));
}

TEST_CASE("replacing what is durable makes it undurable until the new write ends") {
  Durability durability(Index(9), kFirst);
  durability.replaced_from(Index(4));
  CHECK(durability.index() == Index(3));
  CHECK(durability.handed_out() == Index(3));
  durability.persisted(durability.hand_out(Index(4), kFirst));
  CHECK(durability.index() == Index(4));
}

TEST_CASE("a snapshot makes all up to its index durable, and writes under way do not take that back") {
  Durability durability(Index(3), kFirst);
  const WriteSequence write = durability.hand_out(Index(5), kFirst);
  durability.installed(Index(20));
  CHECK(durability.index() == Index(20));
  CHECK(durability.handed_out() == Index(20));
  durability.persisted(write);
  CHECK(durability.index() == Index(20));
}

}  // namespace viaduct::raft
