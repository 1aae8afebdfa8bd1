#include "test/sim/scenarios/v2_past.h"

#include <string>
#include <utility>
#include <vector>

#include "test/sim/unit/logs.h"

namespace viaduct::sim {
namespace {

using cluster_test::Violations;
using store::Action;
using store::Record;

Record with_ttl(Record record, int64_t seconds) {
  record.ttl = store::ShownTtl{seconds * 1'000'000'000, seconds};
  return record;
}
Record with_previous_ttl(Record record, int64_t seconds) {
  record.prev_ttl = store::ShownTtl{seconds * 1'000'000'000, seconds};
  return record;
}
Record with_own_lease(Record record, uint64_t id) {
  record.lease = LeaseId(id);
  record.own_lease.emplace();
  return record;
}
Record refreshed(Record record) {
  record.refresh = true;
  return record;
}

std::string shown(const V2Event* event) {
  return event ? describe(event->action, event->node, event->previous) : "nothing";
}

}  // namespace

TEST_CASE("v2 shows each change with what was there before, by its own numbers") {
  struct Case {
    const char* name;
    Log members;
    std::string newest;  // event
  };
  const Log one = Log().put("/a", "v"), below = Log().add(directory("/d")).put("/d/x", "v");
  const auto after = [](Log log, Record record, std::vector<Record> companions = {}) {
    return log.add(std::move(record), std::move(companions));
  };
  for (const Case& c : std::vector<Case>{
           {"a file", one, "set /a=v@4 created 4"},
           {"a file set again, which is created anew", after(one, file("/a", "w")),
            "set /a=w@5 created 5 instead of /a=v@4 created 4"},
           {"a file updated", after(one, file("/a", "w", Action::kUpdate)),
            "update /a=w@5 created 4 instead of /a=v@4 created 4"},
           {"a file swapped", after(one, file("/a", "w", Action::kCompareAndSwap)),
            "compareAndSwap /a=w@5 created 4 instead of /a=v@4 created 4"},
           {"a file deleted", after(one, without(file("/a", ""))), "delete /a@5 created 4 instead of /a=v@4 created 4"},
           {"a file created after that", after(after(one, without(file("/a", ""))), file("/a", "w", Action::kCreate)),
            "create /a=w@6 created 6"},
           {"a directory", after(one, directory("/d")), "set /d/@5 created 5"},
           {"a directory updated", after(below, directory("/d", Action::kUpdate)),
            "update /d/@6 created 4 instead of /d/@4 created 4"},
           {"and once more: the node itself was never modified",
            after(after(below, directory("/d", Action::kUpdate)), directory("/d", Action::kUpdate)),
            "update /d/@7 created 4 instead of /d/@4 created 4"},
           {"a directory over a file", after(one, directory("/a"), {without(file("/a", ""))}),
            "set /a/@5 created 5 instead of /a=v@4 created 4"},
           {"a directory deleted", after(below, without(directory("/d")), {without(file("/d/x", ""))}),
            "delete /d/@6 created 4 instead of /d/@4 created 4"},
           {"a file with a TTL", after(one, with_ttl(file("/a", "w"), 5)),
            "set /a=w@5 created 5 until 1970-01-01T00:00:05Z ttl 5 instead of /a=v@4 created 4"},
           {"a file that had a TTL of its own, as it was made",
            after(after(one, with_own_lease(with_ttl(file("/a", "w"), 5), 7)), with_previous_ttl(file("/a", "x"), 3)),
            "set /a=x@6 created 6 instead of /a=w@5 created 5 until 1970-01-01T00:00:05Z ttl 3"},
           {"a file that had one of a lease, as that was then",
            after(after(one, with_ttl(file("/a", "w"), 5)), with_previous_ttl(file("/a", "x"), 3)),
            "set /a=x@6 created 6 instead of /a=w@5 created 5 until 1970-01-01T00:00:03Z ttl 3"},
           {"a file that had one of its own that is over",
            after(after(one, with_own_lease(with_ttl(file("/a", "w"), 5), 7)),
                  without(file("/a", ""), Action::kExpire)),
            "expire /a@6 created 5 instead of /a=w@5 created 5 until 1970-01-01T00:00:05Z ttl 0"},
       }) {
    CAPTURE(c.name);
    Violations violations;
    const V2Past past = c.members.v2_past(violations);
    CHECK(shown(past.at(c.members.events().back()->seq().value)) == c.newest);
    CHECK(violations.none());
  }
}

TEST_CASE("v2 does not show what is no path of its own, or where it has a directory") {
  Log log;
  log.put("a", "v").put("/a/", "v").put("/a//b", "v").put("/a/../b", "v");  // 4 to 7
  log.add(directory("/d")).put("/d", "v").erase("/d");                      // 8 to 10
  log.add(without(directory("/d"))).put("/d", "v");                         // 11, 12
  Violations violations;
  const V2Past past = log.v2_past(violations);
  for (const uint64_t index : {3, 4, 5, 6, 7, 9, 10, 13}) CHECK_MESSAGE(past.at(index) == nullptr, index);
  for (const uint64_t index : {8, 11, 12}) CHECK_MESSAGE(past.at(index) != nullptr, index);
}

TEST_CASE("a watch is shown its path, what is below if it wants to, and nothing hidden") {
  // 4: a directory, 5: a file, 6: a refresh of it, 7: a hidden one, 8: a file beside, 9: all of the first is gone, 10:
  // a hidden file deeper.
  Log log;
  log.add(directory("/d")).put("/d/x", "v").add(refreshed(file("/d/x", "v"))).put("/d/_h/s", "v").put("/dx", "v");
  log.add(without(directory("/d")), {without(file("/d/_h/s", "")), without(file("/d/x", ""))});
  log.put("/e/_p/q", "v");
  Violations violations;
  const V2Past past = log.v2_past(violations);
  struct Case {
    V2Watch what;
    std::vector<uint64_t> shown;  // indexes
  };
  for (const Case& c : std::vector<Case>{
           {{"", true}, {4, 5, 8, 9}},
           {{"", false}, {}},
           {{"/d", true}, {4, 5, 9}},
           {{"/d", false}, {4, 9}},
           {{"/d/x", false}, {5, 9}},
           {{"/d/x", true}, {5, 9}},
           {{"/d/y", false}, {}},
           {{"/d/_h", true}, {7}},
           {{"/d/_h/s", false}, {7, 9}},
           {{"/dx", false}, {8}},
           {{"/e", true}, {}},
           {{"/e/_p", true}, {10}},
           {{"/e/_p/q", false}, {10}},
       }) {
    CAPTURE(c.what.path);
    CAPTURE(c.what.recursive);
    std::vector<uint64_t> shown;
    for (const V2Event* next = past.next(c.what, 1); next; next = past.next(c.what, next->index + 1))
      shown.push_back(next->index);
    CHECK(shown == c.shown);
  }
}

TEST_CASE("leases end one at a revision") {
  const auto with_lease = [](Record record, uint64_t id) {
    record.lease = LeaseId(id);
    return record;
  };
  const auto ends = [](Record record) { return without(std::move(record), Action::kExpire); };
  Log log;
  log.add(with_lease(file("/a", "v"), 7)).add(with_lease(file("/b", "v"), 7)).add(with_lease(file("/c", "v"), 8));
  struct Case {
    const char* name;
    const char* rule;
    Log members;
  };
  for (const Case& c : std::vector<Case>{
           {"none", "", log},
           {"all of one", "",
            Log(log).together([&](Log& one) { one.add(ends(file("/a", ""))).add(ends(file("/b", ""))); })},
           {"one after the other", "",
            Log(log)
                .together([&](Log& one) { one.add(ends(file("/a", ""))).add(ends(file("/b", ""))); })
                .add(ends(file("/c", "")))},
           {"two at once", "INV-A8",
            Log(log).together([&](Log& one) { one.add(ends(file("/b", ""))).add(ends(file("/c", ""))); })},
           {"both deleted by one transaction", "", Log(log).together([](Log& one) { one.erase("/b").erase("/c"); })},
       }) {
    CAPTURE(c.name);
    Violations violations;
    c.members.v2_past(violations);
    check_first(violations, c.rule);
  }
}

}  // namespace viaduct::sim
