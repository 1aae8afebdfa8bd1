#include "test/cluster/linearizability.h"

#include <doctest/doctest.h>

#include <random>

#include "test/cluster/unit/histories.h"

namespace viaduct::cluster_test {
namespace {

// Positions are left out where a case is about the search alone.
TEST_CASE("a register's history is told from what no register could show") {
  struct Case {
    const char* name;
    bool good;
    std::vector<Operation> operations;
  };
  const auto saw = [](const char* value, int called, int returned) { return read(value, called, returned, 0, 0, 0); };
  for (const Case& c : std::vector<Case>{
           {"nothing at all", true, {}},
           {"nothing read before anything was written", true, {read_nothing(0, 1, 0), put("v", 2, 3, 0)}},
           {"a value that nobody wrote", false, {saw("v", 0, 1)}},
           {"a value from the future", false, {saw("v", 0, 1), put("v", 2, 3, 0)}},
           {"a stale read", false, {put("v", 0, 1, 0), put("w", 2, 3, 0), saw("v", 4, 5)}},
           {"overlapping writes seen in one order",
            true,
            {put("v", 0, 5, 0), put("w", 1, 6, 0), saw("w", 2, 3), saw("v", 4, 7)}},
           {"overlapping writes seen in both orders",
            false,
            {put("v", 0, 5, 0), put("w", 1, 6, 0), saw("w", 7, 8), saw("v", 9, 10)}},
           {"new, then old, while the write is under way",
            false,
            {put("u", 0, 1, 0), put("v", 2, 9, 0), saw("v", 3, 4), saw("u", 5, 6)}},
           {"an unknown write seen late", true, {put("v", 0, 1, 0), lost_put("w", 2), saw("v", 3, 4), saw("w", 5, 6)}},
           {"an unknown write never seen", true, {put("v", 0, 1, 0), lost_put("w", 2), saw("v", 3, 4)}},
           {"an unknown write that comes and goes",
            false,
            {put("v", 0, 1, 0), lost_put("w", 2), saw("w", 3, 4), saw("v", 5, 6)}},
           {"a swap of what was there",
            true,
            {put("v", 0, 1, 0), swap("v", "w", Outcome::kDone, 2, 3, 0), saw("w", 4, 5)}},
           {"two swaps of the same value",
            false,
            {put("v", 0, 1, 0), swap("v", "w", Outcome::kDone, 2, 5, 0), swap("v", "x", Outcome::kDone, 3, 6, 0)}},
           {"a refused swap of another value", true, {put("v", 0, 1, 0), swap("u", "w", Outcome::kRefused, 2, 3, 0)}},
           {"a refused swap of this value", false, {put("v", 0, 1, 0), swap("v", "w", Outcome::kRefused, 2, 3, 0)}},
           {"a refused swap explained by an unknown write",
            true,
            {put("v", 0, 1, 0), lost_put("u", 1), swap("v", "w", Outcome::kRefused, 2, 3, 0)}},
           {"deleted, and gone", true, {put("v", 0, 1, 0), erase(Outcome::kDone, 2, 3, 0), read_nothing(4, 5, 0)}},
           {"deleted, and still there", false, {put("v", 0, 1, 0), erase(Outcome::kDone, 2, 3, 0), saw("v", 4, 5)}},
           {"deleted twice",
            false,
            {put("v", 0, 1, 0), erase(Outcome::kDone, 2, 3, 0), erase(Outcome::kDone, 4, 5, 0)}},
           {"a delete that found nothing", true, {erase(Outcome::kRefused, 0, 1, 0), put("v", 2, 3, 0)}},
           {"positions that contradict the reads",
            false,
            {put("v", 0, 9, 4), put("w", 0, 9, 3), saw("v", 1, 2), saw("w", 3, 4)}},
       }) {
    CAPTURE(c.name);
    CHECK(linearizable("a", c.operations) == (c.good ? Verdict::kLinearizable : Verdict::kNotLinearizable));
  }
}

// Many clients on one register, each operation taking effect at a random instant of its time.
std::vector<Operation> random_history(std::mt19937& random, int count) {
  std::vector<Operation> operations;
  std::optional<std::string> value;
  for (int i = 0; i < count; ++i) {
    const int now = 10 * i, before = static_cast<int>(random() % 60), after = static_cast<int>(random() % 60);
    if (random() % 2 == 0) {
      value = "v" + std::to_string(i);
      const bool lost = random() % 50 == 0;
      operations.push_back(lost ? lost_put(*value, now - before)
                                : put(*value, now - before, now + after, static_cast<uint64_t>(i + 1)));
    } else {
      operations.push_back(value ? read(*value, now - before, now + after, 0, 0, 0)
                                 : read_nothing(now - before, now + after, 0));
    }
  }
  return operations;
}

TEST_CASE("long histories of many clients are decided, and one swapped value is found") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::vector<Operation> operations = random_history(random, 400);
    CHECK(linearizable("a", operations) == Verdict::kLinearizable);
    for (Operation& one : operations) {  // the last read shows what was there long ago
      if (!one.is_write() && one.called > at_ms(3500)) {
        one.seen = {Version{"v0", 0, 0}};
        operations.push_back(put("v0", -1000, -900, 0));
        break;
      }
    }
    CHECK(linearizable("a", operations) == Verdict::kNotLinearizable);
  }
}

}  // namespace
}  // namespace viaduct::cluster_test
