#include "test/cluster/watch_checker.h"

#include <doctest/doctest.h>

#include "test/cluster/unit/histories.h"

namespace viaduct::cluster_test {
namespace {

TEST_CASE("a watcher gets everything from its start, in order, once") {
  Violations none;
  const Event a3 = set(3, "v", 3), b3 = set(3, "v", 3, "b"), a4 = set(4, "w", 3), a5 = erased(5);
  const Event other = set(6, "x", 6, "other");
  const Replay replay({a3, b3, a4, a5, other}, Api::kV3, none);
  struct Case {
    const char* name;
    const char* rule;
    uint64_t first, last;
    std::vector<std::vector<Event>> responses;
  };
  for (const Case& c : std::vector<Case>{
           {"all of it", "", 1, 6, {{a3, a4}, {a5}}},
           {"from its start", "", 4, 6, {{a4}, {a5}}},
           {"nothing yet", "", 6, 6, {}},
           {"more than was asked", "", 1, 4, {{a3}, {a4}, {a5}}},
           {"a gap", "INV-W3", 1, 6, {{a3}, {a5}}},
           {"a gap at the start", "INV-W3", 1, 6, {{a4}, {a5}}},
           {"a gap at the end", "INV-W3", 1, 6, {{a3}, {a4}}},
           {"the same twice", "INV-W4", 1, 6, {{a3}, {a4}, {a4}, {a5}}},
           {"back", "INV-W1", 1, 6, {{a3}, {a5}, {a4}}},
           {"from before its start", "INV-W3", 4, 6, {{a3}, {a4}, {a5}}},
           {"another value", "INV-W3", 1, 6, {{a3}, {set(4, "x", 3)}, {a5}}},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_watch({"watcher", "a", c.first, c.responses}, c.last, replay, violations);
    const std::string first = violations.none() ? "" : violations.kept().front();
    CHECK_MESSAGE(first.substr(0, first.find(':')) == c.rule, first);
  }
}

TEST_CASE("events of one position come together") {
  Violations violations;
  const Event a3 = set(3, "v", 3), b3 = set(3, "v", 3, "b");
  const Replay replay({a3, b3}, Api::kV3, violations);
  check_watch({"watcher", "", 1, {{a3, b3}}}, 3, replay, violations);
  CHECK(violations.none());
  check_watch({"watcher", "", 1, {{a3}, {b3}}}, 3, replay, violations);
  CHECK(violations.kept().front().starts_with("INV-W4"));
}

}  // namespace
}  // namespace viaduct::cluster_test
