#include "server/reads.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace viaduct::server {
namespace {

using std::chrono::milliseconds;

constexpr MemberId kLeader{2};
constexpr Term kTerm{3};

// Adds a read and asks the leader about it: the token of the question.
uint64_t ask(Reads& reads) {
  std::vector<Reads::CompletionPtr> read(1);  // nobody waits for it
  reads.add(std::move(read), milliseconds(1000));
  const std::vector<Reads::Batch*> due = reads.to_ask(kLeader, kTerm, milliseconds(0));
  REQUIRE(due.size() == 1);
  due.front()->asked = Reads::Question{kLeader, kTerm, reads.next_token()};
  return due.front()->asked->token;
}

TEST_CASE("a read waits for the commit of the index that its own question brought") {
  Reads reads(77);
  const uint64_t token = ask(reads);
  reads.answered(kLeader, token + 1, Index(4));
  reads.answered(MemberId(9), token, Index(4));
  CHECK(reads.ready(Index(100)).empty());
  reads.answered(kLeader, token, Index(5));
  CHECK(reads.ready(Index(4)).empty());
  const std::vector<Reads::Ready> ready = reads.ready(Index(5));
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].index == Index(5));
  CHECK(reads.empty());
}

TEST_CASE("a late answer to an earlier process is nobody's (INV-R12)") {
  Reads earlier(0x1234'5678'9abc'def0), now(0x0fed'cba9'8765'4321);
  const uint64_t late = ask(earlier);
  ask(now);
  now.answered(kLeader, late, Index(4));
  CHECK(now.ready(Index(100)).empty());
}

TEST_CASE("a question is put again to another leader, in another term, after a while, or when there was no answer") {
  Reads reads(1);
  const uint64_t token = ask(reads);
  CHECK(reads.to_ask(kLeader, kTerm, milliseconds(499)).empty());
  CHECK(reads.to_ask(kLeader, kTerm, Reads::kAskAgainAfter).size() == 1);
  CHECK(reads.to_ask(MemberId(5), kTerm, milliseconds(1)).size() == 1);
  CHECK(reads.to_ask(kLeader, kTerm.next(), milliseconds(1)).size() == 1);
  reads.answered(kLeader, token, std::nullopt);
  CHECK(reads.to_ask(kLeader, kTerm, milliseconds(1)).size() == 1);
  CHECK(reads.waiting() == 1);
  CHECK(reads.overdue(milliseconds(999)).empty());
  CHECK(reads.overdue(milliseconds(1000)).size() == 1);
  CHECK(reads.empty());
}

}  // namespace
}  // namespace viaduct::server
