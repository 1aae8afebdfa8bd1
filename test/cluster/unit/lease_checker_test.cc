#include "test/cluster/lease_checker.h"

#include <doctest/doctest.h>

#include "test/cluster/unit/histories.h"

namespace viaduct::cluster_test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a lease ends neither before its time nor long after it") {
  struct Case {
    const char* name;
    const char* rule;
    int seen_ms;    // when the delete was seen; -1: it never came
    int healed_ms;  // since when all was well
    bool put = true;
  };
  // Renewed by a call from 0 to 10 ms, for 2 s; with an election timeout of 1 s it must be gone after 5010 ms.
  for (const Case& c : std::vector<Case>{
           {"at once", "INV-E1", 1, 0},
           {"a little early", "INV-E1", 1999, 0},
           {"just in time", "", 2000, 0},
           {"late enough", "", 5009, 0},
           {"too late", "INV-E2", 5011, 0},
           {"late, after a fault", "", 5011, 1000},
           {"too late after a fault", "INV-E2", 6001, 1000},
           {"never", "INV-E2", -1, 0},
           {"never, but its key was never put", "", -1, 0, false},
       }) {
    CAPTURE(c.name);
    Violations violations;
    std::vector<Event> log{set(3, "v", 3)};
    LeaseTimes times;
    times.healed = at_ms(c.healed_ms);
    if (c.seen_ms >= 0) {
      log.push_back(erased(4));
      times.first_seen[4] = at_ms(c.seen_ms);
    }
    const Replay replay(log, Api::kV3, violations);
    check_leases({{7, "a", 2s, c.put, at_ms(0), at_ms(10)}}, times, replay, violations);
    const std::string first = violations.none() ? "" : violations.kept().front();
    CHECK_MESSAGE(first.substr(0, first.find(':')) == c.rule, first);
  }
}

}  // namespace
}  // namespace viaduct::cluster_test
