#include "test/cluster/order_checker.h"

#include <doctest/doctest.h>

#include "test/cluster/unit/histories.h"

namespace viaduct::cluster_test {
namespace {

struct Case {
  const char* name;
  const char* rule;  // the violation; empty: there is none
  std::vector<Event> log;
  std::vector<Operation> operations;
};

std::string first_violation(const std::vector<Event>& log, const std::vector<Operation>& operations) {
  Violations violations;
  const Replay replay(log, Api::kV2, violations);
  check_order(operations, replay, violations);
  return violations.none() ? "" : violations.kept().front();
}

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const std::string violation = first_violation(c.log, c.operations);
    CHECK_MESSAGE(violation.substr(0, violation.find(':')) == c.rule, violation);
  }
}

Operation local(Operation read, uint64_t connection) {
  read.action = Action::kLocalRead;
  read.connection = connection;
  return read;
}

Operation with_previous(Operation write, std::optional<Version> previous) {
  write.says_previous = true;
  write.previous = std::move(previous);
  return write;
}

}  // namespace

TEST_CASE("a log must be one") {
  check({
      {"in order",
       "",
       {set(3, "v", 3), set(4, "w", 3), erased(5), set(6, "x", 6)},
       {put("v", 0, 1, 3), put("w", 2, 3, 4), erase(Outcome::kDone, 4, 5, 5), put("x", 6, 7, 6)}},
      {"back", "INV-W1", {set(4, "v", 4), set(3, "w", 3)}, {put("v", 0, 1, 4), put("w", 0, 1, 3)}},
      {"twice", "INV-W1", {set(4, "v", 4), set(4, "w", 4, "b")}, {}},
      {"created anew", "", {set(3, "v", 3), set(4, "w", 4)}, {put("v", 0, 1, 3), put("w", 2, 3, 4)}},
      {"wrong creation", "INV-L7", {set(3, "v", 3), set(4, "w", 2)}, {put("v", 0, 1, 3), put("w", 2, 3, 4)}},
      {"a delete of nothing", "INV-L7", {erased(4)}, {erase(Outcome::kUnknown, 0, 0, 0)}},
  });
}

TEST_CASE("v3 keeps a key's creation while it lives") {
  Violations violations;
  const Replay kept({set(3, "v", 3), set(4, "w", 3), erased(5), set(6, "x", 6)}, Api::kV3, violations);
  CHECK(violations.none());
  const Replay anew({set(3, "v", 3), set(4, "w", 4)}, Api::kV3, violations);
  CHECK(violations.count() == 1);
}

TEST_CASE("what was acknowledged is in the log, once, and nothing else is") {
  check({
      {"a write that got lost", "INV-D1", {}, {put("v", 0, 1, 3)}},
      {"at another position", "INV-D1", {set(4, "v", 4)}, {put("v", 0, 1, 3)}},
      {"with another value", "INV-D1", {set(3, "w", 3)}, {put("v", 0, 1, 3), lost_put("w", 0)}},
      {"a lost delete", "INV-D1", {set(3, "v", 3)}, {put("v", 0, 1, 3), erase(Outcome::kDone, 2, 3, 4)}},
      {"unknown, and there", "", {set(3, "v", 3)}, {lost_put("v", 0)}},
      {"unknown, and not there", "", {}, {lost_put("v", 0)}},
      {"unknown, and there twice", "INV-L2", {set(3, "v", 3), set(4, "v", 3)}, {lost_put("v", 0)}},
      {"written by nobody", "INV-L2", {set(3, "v", 3)}, {}},
      {"refused, and there",
       "INV-L2",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("v", 0, 1, 3), swap("x", "w", Outcome::kRefused, 2, 3, 3)}},
      {"deleted by nobody", "INV-L2", {set(3, "v", 3), erased(4)}, {put("v", 0, 1, 3)}},
      {"deleted by one of unknown outcome",
       "",
       {set(3, "v", 3), erased(4)},
       {put("v", 0, 1, 3), erase(Outcome::kUnknown, 2, 0, 0)}},
  });
}

TEST_CASE("positions respect real time") {
  check({
      {"one after the other", "", {set(3, "v", 3), set(4, "w", 3)}, {put("v", 0, 1, 3), put("w", 2, 3, 4)}},
      {"at the same time", "", {set(3, "v", 3), set(4, "w", 3)}, {put("w", 0, 3, 4), put("v", 1, 2, 3)}},
      {"the other way round", "INV-L1", {set(3, "v", 3), set(4, "w", 3)}, {put("w", 0, 1, 4), put("v", 2, 3, 3)}},
      {"a stale read",
       "INV-L1",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("v", 0, 1, 3), put("w", 2, 3, 4), read("v", 4, 5, 3, 3, 3)}},
      {"a read of what was being written",
       "",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("v", 0, 1, 3), put("w", 2, 9, 4), read("w", 4, 5, 4, 4, 3), read("w", 6, 7, 4, 4, 3)}},
      {"a read before the write that it shows",
       "INV-L1",
       {set(3, "v", 3)},
       {read("v", 0, 1, 3, 3, 3), put("v", 2, 3, 3)}},
      {"an unknown write that took effect before it was called",
       "INV-L1",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("w", 0, 1, 4), lost_put("v", 2)}},
      {"an unknown write that took effect late",
       "",
       {set(3, "v", 3), set(4, "w", 3)},
       {lost_put("w", 0), put("v", 2, 3, 3)}},
  });
}

TEST_CASE("answers show the state at their position") {
  check({
      {"nothing yet", "", {set(3, "v", 3)}, {read_nothing(0, 1, 2), put("v", 2, 3, 3)}},
      {"not what was there",
       "INV-L4",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("v", 0, 1, 3), put("w", 2, 3, 4), read("v", 4, 5, 4, 3, 3)}},
      {"not since when", "INV-L4", {set(3, "v", 3)}, {put("v", 0, 1, 3), read("v", 2, 3, 3, 3, 2)}},
      {"previous node",
       "",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("v", 0, 1, 3), with_previous(put("w", 2, 3, 4), Version{"v", 3, 3})}},
      {"wrong previous node",
       "INV-L7",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("v", 0, 1, 3), with_previous(put("w", 2, 3, 4), std::nullopt)}},
      {"a swap", "", {set(3, "v", 3), set(4, "w", 3)}, {put("v", 0, 1, 3), swap("v", "w", Outcome::kDone, 2, 3, 4)}},
      {"a swap that should have failed",
       "INV-L5",
       {set(3, "v", 3), set(4, "w", 3)},
       {put("v", 0, 1, 3), swap("x", "w", Outcome::kDone, 2, 3, 4)}},
      {"a swap that should not have failed",
       "INV-L5",
       {set(3, "v", 3)},
       {put("v", 0, 1, 3), swap("v", "w", Outcome::kRefused, 2, 3, 3)}},
      {"a delete of something that found nothing",
       "INV-L5",
       {set(3, "v", 3)},
       {put("v", 0, 1, 3), erase(Outcome::kRefused, 2, 3, 3)}},
  });
}

TEST_CASE("local reads may be old, but not go back on a connection") {
  const std::vector<Event> log{set(3, "v", 3), set(4, "w", 3)};
  const std::vector<Operation> writes{put("v", 0, 1, 3), put("w", 2, 3, 4)};
  const auto with = [&](std::vector<Operation> more) {
    more.insert(more.begin(), writes.begin(), writes.end());
    return more;
  };
  check({
      {"old", "", log, with({local(read("v", 4, 5, 3, 3, 3), 1)})},
      {"old, then new", "", log, with({local(read("v", 4, 5, 3, 3, 3), 1), local(read("w", 6, 7, 4, 4, 3), 1)})},
      {"new, then old", "INV-L3", log, with({local(read("w", 4, 5, 4, 4, 3), 1), local(read("v", 6, 7, 3, 3, 3), 1)})},
      {"new, then old elsewhere", "", log,
       with({local(read("w", 4, 5, 4, 4, 3), 1), local(read("v", 6, 7, 3, 3, 3), 2)})},
      {"never so", "INV-L4", log, with({local(read("w", 4, 5, 3, 4, 3), 1)})},
  });
}

TEST_CASE("keys written together are there together") {
  Operation both = put("v", 0, 1, 3);
  both.keys = {"a", "b"};
  Violations violations;
  const Replay whole({set(3, "v", 3), set(3, "v", 3, "b")}, Api::kV3, violations);
  check_order({both}, whole, violations);
  CHECK(violations.none());
  const Replay half({set(3, "v", 3)}, Api::kV3, violations);
  check_order({both}, half, violations);
  CHECK(violations.count() == 1);
}

TEST_CASE("unknown operations are settled by the log") {
  Violations violations;
  const Replay replay({set(3, "v", 3), erased(4)}, Api::kV2, violations);
  const auto got = settled({lost_put("v", 0), lost_put("w", 0), erase(Outcome::kUnknown, 1, 0, 0)}, replay);
  REQUIRE(got.size() == 2);
  CHECK(got[0].outcome == Outcome::kDone);
  CHECK(got[0].position == 3);
  CHECK(got[0].returned == Time::max());
  CHECK(got[1].position == 4);
}

TEST_CASE("of two unknown deletes and one in the log, neither is settled") {
  Violations violations;
  const Replay replay({set(3, "v", 3), erased(4)}, Api::kV2, violations);
  const auto got =
      settled({put("v", 0, 1, 3), erase(Outcome::kUnknown, 2, 0, 0), erase(Outcome::kUnknown, 5, 0, 0)}, replay);
  REQUIRE(got.size() == 3);
  CHECK(got[1].outcome == Outcome::kUnknown);
  CHECK(got[2].outcome == Outcome::kUnknown);
}

TEST_CASE("in-order keys rise and are unique") {
  const auto violations_of = [](const std::vector<Event>& log) {
    Violations violations;
    check_queue(log, violations);
    return violations.count();
  };
  CHECK(violations_of({set(3, "v", 3, "q/003"), set(4, "w", 4, "q/004"), erased(5, "q/003")}) == 0);
  CHECK(violations_of({set(3, "v", 3, "q/003"), set(4, "w", 4, "q/003")}) == 1);
  CHECK(violations_of({set(3, "v", 3, "q/004"), set(4, "w", 4, "q/003")}) == 1);
}

}  // namespace viaduct::cluster_test
