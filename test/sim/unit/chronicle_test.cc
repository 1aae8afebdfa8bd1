#include "test/sim/chronicle.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/sim/unit/logs.h"
#include "test/store/store_fixture.h"
#include "test/support/fake_disk.h"

namespace viaduct::sim {
namespace {

using cluster_test::Event;
using cluster_test::Version;
using cluster_test::Violations;
using store::EventPtr;

const Seq kFirst = store::Numbers().seq.next();

store::Options options() {
  store::Options options;
  options.directory = "/state";
  return options;
}

struct Member {
  FakeDisk disk;
  store::StoreFixture store{disk, options()};
  Seq next;
};

}  // namespace

TEST_CASE("members have the same events, one of every number") {
  const Log log = Log().put("/a", "a1").add(directory("/d")).put("/d/x", "x1");
  const Log longer = Log(log).put("/a", "a2");
  const Log removed = Log(log).add(without(directory("/d")), {without(file("/d/x", ""))});
  const Log half_removed = Log(log).add(without(directory("/d")));
  const auto behind = [](const Log& whole, size_t first) {
    return std::vector<EventPtr>(whole.events().begin() + static_cast<std::ptrdiff_t>(first), whole.events().end());
  };
  struct Case {
    const char* name;
    const char* rule;  // of the first violation; empty: there is none
    std::vector<EventPtr> first, second;
    Seq second_from = kFirst;
  };
  const std::vector<EventPtr> all = log.events();
  for (const Case& c : std::vector<Case>{
           {"the same", "", all, all},
           {"one is behind", "", longer.events(), all},
           {"one is ahead", "", all, longer.events()},
           {"one begins with a snapshot", "", longer.events(), behind(longer, 2), Seq(6)},
           {"another value", "INV-A2", all, Log().put("/a", "x").events()},
           {"another key", "INV-A2", all, Log().put("/b", "a1").events()},
           {"another action", "INV-A2", all, Log().add(file("/a", "a1", store::Action::kUpdate)).events()},
           {"another lease", "INV-A2", all, Log().put("/a", "a1", 9).events()},
           {"a companion less", "INV-A2", removed.events(), half_removed.events()},
           {"a companion more", "INV-A2", half_removed.events(), removed.events()},
           {"the first one missing", "INV-A2", all, behind(log, 1)},
           {"one in the middle missing", "INV-A2", all, {all[0], all[2]}},
           {"one missing that nobody else has yet", "INV-A2", {}, {all[0], all[2]}},
           {"one twice", "INV-A2", all, {all[0], all[0]}},
       }) {
    CAPTURE(c.name);
    Violations violations;
    Chronicle chronicle(violations);
    Seq next = kFirst, second_next = c.second_from;
    chronicle.take(MemberId(1), c.first, 0, next);
    CHECK(violations.none());
    chronicle.take(MemberId(2), c.second, 0, second_next);
    check_first(violations, c.rule);
  }
}

TEST_CASE("what members have applied is read from their stores, as far as it was not compacted") {
  Violations violations;
  Chronicle chronicle(violations);
  const auto follow = [&](Member& member, Nanoseconds now) {
    chronicle.follow(MemberId(1), *member.store, now, member.next);
  };
  Member one, other;
  follow(one, 0);
  CHECK(chronicle.events() == 0);
  for (Member* member : {&one, &other}) {
    member->store.put("/a", "a1");
    member->store.put("/b", "b1");
    member->store.remove("/a");
  }
  follow(one, 10);
  CHECK(chronicle.events() == 3);
  follow(other, 20);
  CHECK(chronicle.events() == 3);
  CHECK(chronicle.first_applied(Revision(2)) == 10);
  one.store.put("/b", "b2");
  follow(one, 30);
  follow(one, 40);
  CHECK(chronicle.events() == 4);
  CHECK(chronicle.first_applied(Revision(5)) == 30);

  one.store.compact(4);
  one.store.reopen();
  one.next = Seq();
  follow(one, 50);
  CHECK(one.next == kFirst.next().next().next().next());
  CHECK(chronicle.events() == 4);
  CHECK(violations.none());

  other.store.put("/b", "b3");
  follow(other, 60);
  check_first(violations, "INV-A2");
}

TEST_CASE("each API has a log of its own of what lies below a prefix") {
  Log log;
  log.put("/p/a", "a1").add(directory("/p/d")).put("/q/x", "x1").put("/p/a", "a2");  // 4 to 7, 2 to 5
  log.add(without(file("/p/a", "")));                                                // 8, 6
  store::Record silent = file("/p//", "v");
  silent.silent = true;
  log.add(silent).put("/p/d/y", "y1");                                 // 9 and 10, 7 and 8
  log.add(without(directory("/p/d")), {without(file("/p/d/y", ""))});  // 11, 9
  Violations violations;
  Chronicle chronicle(violations);
  Seq next = kFirst;
  chronicle.take(MemberId(1), log.events(), 0, next);

  CHECK(chronicle.v3_log("/p/") == std::vector<Event>{{2, "/p/a", Version{"a1", 2, 2}},
                                                      {5, "/p/a", Version{"a2", 5, 2}},
                                                      {6, "/p/a", std::nullopt},
                                                      {7, "/p//", Version{"v", 7, 7}},
                                                      {8, "/p/d/y", Version{"y1", 8, 8}},
                                                      {9, "/p/d/y", std::nullopt}});
  CHECK(chronicle.v2_log("/p/") == std::vector<Event>{{4, "/p/a", Version{"a1", 4, 4}},
                                                      {7, "/p/a", Version{"a2", 7, 7}},
                                                      {8, "/p/a", std::nullopt},
                                                      {10, "/p/d/y", Version{"y1", 10, 10}}});
  size_t records = 0;
  chronicle.each([&](const store::Record&) { ++records; });
  CHECK(records == 9);
  CHECK(chronicle.events() == 8);
}

}  // namespace viaduct::sim
