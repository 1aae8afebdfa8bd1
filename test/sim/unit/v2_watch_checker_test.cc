#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/sim/scenarios/v2_watches.h"
#include "test/sim/unit/logs.h"

namespace viaduct::sim {
namespace {

using cluster_test::V2Answer;
using cluster_test::V2Node;
using cluster_test::Violations;

// By index: 4 and 5: /a, 6: /b, 7 and 8: /a and /b by one transaction, 9: /a is gone. By revision: 2 to 6.
Log log_of_all() {
  return Log()
      .put("/a", "a1")
      .put("/a", "a2")
      .put("/b", "b1")
      .together([](Log& log) { log.put("/a", "a3").put("/b", "b2"); })
      .erase("/a");
}

V2Node node(const std::string& key, const std::string& value, uint64_t modified) {
  return {key, value, modified, modified, false, "", 0};
}
V2Node gone(const std::string& key, uint64_t modified, uint64_t created) {
  return {key, std::nullopt, modified, created, false, "", 0};
}

V2Answer answered(int status, uint64_t index, uint64_t revision) {
  V2Answer answer;
  answer.kind = V2Answer::Kind::kAnswer;
  answer.status = status;
  answer.index = index;
  answer.revision = revision;
  return answer;
}

V2Answer shows(const std::string& action, V2Node now, std::optional<V2Node> previous = std::nullopt) {
  V2Answer answer = answered(200, 9, 6);
  answer.action = action;
  answer.node = std::move(now);
  answer.previous = std::move(previous);
  return answer;
}

const V2Answer kA4 = shows("set", node("/a", "a1", 4)), kA5 = shows("set", node("/a", "a2", 5), node("/a", "a1", 4)),
               kB6 = shows("set", node("/b", "b1", 6)), kA7 = shows("set", node("/a", "a3", 7), node("/a", "a2", 5)),
               kB8 = shows("set", node("/b", "b2", 8), node("/b", "b1", 6)),
               kA9 = shows("delete", gone("/a", 9, 7), node("/a", "a3", 7));

V2Answer error(int status, int code, const std::string& cause) {
  V2Answer answer = answered(status, 9, 6);
  answer.error_code = code;
  answer.cause = cause;
  return answer;
}

struct Case {
  const char* name;
  const char* rule;  // of the first violation; empty: there is none
  V2Watch what;
  uint64_t wait_index;
  V2Answer head;
  std::vector<V2Answer> told;
  bool streams = true;
  int64_t compacted = 0;
};

void check(const std::vector<Case>& cases) {
  Violations violations_of_log;
  const Past past = log_of_all().past();
  const V2Past v2_past = log_of_all().v2_past(violations_of_log);
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Violations violations;
    check_v2_watch({"watch", c.what, c.wait_index, c.streams, c.head, c.told}, v2_past, past, c.compacted, violations);
    check_first(violations, c.rule);
  }
}

const V2Watch kA{"/a", false}, kAll{"", true};
const V2Answer kNow = answered(200, 9, 6), kEarly = answered(200, 5, 3);

}  // namespace

TEST_CASE("a v2 watch is told all that it asked for, in order and once") {
  check({
      {"all of it", "", kAll, 1, kNow, {kA4, kA5, kB6, kA7, kB8, kA9}},
      {"one path", "", kA, 4, kNow, {kA4, kA5, kA7, kA9}},
      {"from an old index", "", kAll, 6, kNow, {kB6, kA7, kB8}},
      {"from now on", "", kAll, 0, kEarly, {kB6, kA7}},
      {"from the future", "", kA, 9, kEarly, {kA9}},
      {"nothing yet", "", kAll, 10, kNow, {}},
      {"the first one", "", kA, 5, kNow, {kA5}, false},
      {"the second half of a transaction", "", kAll, 8, kNow, {kB8}, false},
      {"a gap", "INV-W12", kAll, 1, kNow, {kA4, kB6}},
      {"a gap at the start", "INV-W12", kAll, 4, kNow, {kA5}},
      {"the first half of a transaction alone", "INV-W12", kAll, 7, kNow, {kA7, kA9}},
      {"back", "INV-W12", kAll, 4, kNow, {kA4, kA5, kA4}},
      {"twice", "INV-W12", kAll, 4, kNow, {kA4, kA4}},
      {"from before its start", "INV-W12", kAll, 5, kNow, {kA4}},
      {"from before its head", "INV-W12", kAll, 0, kEarly, {kA5}},
      {"of another path", "INV-W12", kA, 6, kNow, {kB6}},
      {"more than there is", "INV-W12", kA, 10, kNow, {kA9}},
      {"another value", "INV-W12", kA, 4, kNow, {shows("set", node("/a", "a2", 4))}},
      {"another index of creation", "INV-W12", kA, 4, kNow, {shows("set", {"/a", "a1", 4, 3, false, "", 0})}},
      {"a TTL that it has not", "INV-W12", kA, 4, kNow, {shows("set", {"/a", "a1", 4, 4, false, "", 5})}},
      {"another action", "INV-W12", kA, 4, kNow, {shows("create", node("/a", "a1", 4))}},
      {"another previous node", "INV-W12", kA, 5, kNow, {shows("set", node("/a", "a2", 5), node("/a", "a0", 4))}},
      {"no previous node", "INV-W12", kA, 5, kNow, {shows("set", node("/a", "a2", 5))}},
      {"an error among its events", "INV-W12", kA, 4, kNow, {kA4, error(400, 401, "cleared")}},
      {"two answers to one poll", "INV-W12", kA, 4, kNow, {kA4, kA5}, false},
      {"another revision than goes with its index", "INV-L7", kA, 4, answered(200, 9, 5), {kA4}},
      {"the last revision with an index between two of it", "", kAll, 8, answered(200, 7, 5), {kB8}},
  });
}

TEST_CASE("a v2 watch is refused when compaction took what it asks for, and not otherwise") {
  // Compacted at revision 3: the oldest index kept is 6.
  const auto cleared = [](uint64_t oldest) {
    return error(400, 401, "the requested history has been cleared [" + std::to_string(oldest) + "/4]");
  };
  const V2Answer refused = answered(400, 9, 6);
  check({
      {"just so", "", kA, 4, refused, {cleared(6)}, true, 3},
      {"all is compacted", "", kA, 4, refused, {cleared(10)}, true, 6},
      {"nobody compacted", "INV-W12", kA, 4, refused, {cleared(6)}},
      {"nobody compacted that far", "INV-W12", kA, 4, refused, {cleared(7)}, true, 3},
      {"what it asks for is kept", "answer", kA, 6, refused, {cleared(6)}, true, 3},
      {"it waits for what is to come", "answer", kA, 0, refused, {cleared(6)}, true, 3},
      {"more is gone than ever was", "answer", kA, 4, refused, {cleared(11)}, true, 6},
      {"it does not say what is kept", "answer", kA, 4, refused, {error(400, 401, "cleared")}, true, 3},
      {"for another reason", "answer", kA, 4, refused, {error(400, 300, "[6/4]")}, true, 3},
      {"with another status", "answer", kA, 4, answered(404, 9, 6), {error(404, 401, "[6/4]")}, true, 3},
      {"with another revision than goes with its index", "INV-L7", kA, 4, answered(400, 9, 5), {cleared(6)}, true, 3},
      {"by a member that does not know", "", kA, 4, answered(500, 0, 0), {error(500, 300, "timed out")}},
      {"and the answer was cut off", "", kA, 4, refused, {}},
  });
}

TEST_CASE("an answered v2 write is in the log as it was answered, and is nobody else's") {
  const auto at = [](V2Answer answer, uint64_t index, uint64_t revision) {
    answer.index = index;
    answer.revision = revision;
    return answer;
  };
  struct Written {
    const char* name;
    const char* rule;
    std::vector<V2Answer> answers;
  };
  Violations violations_of_log;
  const Past past = log_of_all().past();
  const V2Past v2_past = log_of_all().v2_past(violations_of_log);
  for (const Written& c : std::vector<Written>{
           {"all of them", "", {at(kA4, 4, 2), at(kA5, 5, 3), at(kB6, 6, 4), at(kA9, 9, 6)}},
           {"at another index", "INV-L2", {at(kA4, 5, 3)}},
           {"at an index that is not there", "INV-L2", {at(kA9, 10, 6)}},
           {"with another value", "INV-L2", {at(shows("set", node("/a", "x", 4)), 4, 2)}},
           {"with another previous node", "INV-L2", {at(shows("set", node("/a", "a2", 5)), 5, 3)}},
           {"with another action", "INV-L2", {at(shows("update", node("/a", "a1", 4)), 4, 2)}},
           {"with another revision", "INV-L7", {at(kA4, 4, 3)}},
           {"a delete answered twice", "INV-A8", {at(kA9, 9, 6), at(kA9, 9, 6)}},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_v2_written(c.answers, v2_past, past, violations);
    check_first(violations, c.rule);
  }
}

}  // namespace viaduct::sim
