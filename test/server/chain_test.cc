// What makes two members' chains differ (INV-A3, INV-A6).
#include "server/chain.h"

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>

namespace viaduct::server {
namespace {

using v3bridge::Outcome;
using v3bridge::Refusal;
using v3bridge::V2Error;
using v3bridge::V3Error;
using v3bridge::V3Result;

struct Applied {
  Entry entry{Term(3), Index(70), EntryType::kCommand, "a command"};
  Outcome outcome;

  Applied() {
    outcome.body = V3Result();
    outcome.revision = Revision(40);
    outcome.seq = Seq(50);
  }
  uint64_t link(uint64_t before) const { return next_link(before, entry, outcome); }
};

V3Result& v3(Applied& applied) { return std::get<V3Result>(applied.outcome.body); }

TEST_CASE("the same entry with the same outcome makes the same link") { CHECK(Applied().link(1) == Applied().link(1)); }

TEST_CASE("RB-19: whatever differs in an entry, or in what came of it, makes another link") {
  struct Case {
    const char* name;
    std::function<void(Applied&)> change;
  };
  const std::vector<Case> cases = {
      {"index", [](Applied& a) { a.entry.index = Index(71); }},
      {"term", [](Applied& a) { a.entry.term = Term(4); }},
      {"type", [](Applied& a) { a.entry.type = EntryType::kConfiguration; }},
      {"data", [](Applied& a) { a.entry.data = "a_command"; }},
      {"no outcome", [](Applied& a) { a.outcome.body = std::monostate(); }},
      {"an error", [](Applied& a) { v3(a).error = V3Error::kCompacted; }},
      {"another error", [](Applied& a) { v3(a).error = V3Error::kLeaseNotFound; }},
      {"deleted keys", [](Applied& a) { v3(a).deleted = 1; }},
      {"a missing lease", [](Applied& a) { v3(a).missing = {LeaseId(1)}; }},
      {"an event", [](Applied& a) { v3(a).events = {std::make_shared<store::Event>()}; }},
      {"an error of v2",
       [](Applied& a) {
         a.outcome.body = V2Error{100, "/a", Seq(50)};
       }},
      {"its code",
       [](Applied& a) {
         a.outcome.body = V2Error{101, "/a", Seq(50)};
       }},
      {"its index",
       [](Applied& a) {
         a.outcome.body = V2Error{100, "/a", Seq(51)};
       }},
      {"a refusal",
       [](Applied& a) {
         a.outcome.body = Refusal{Refusal::Kind::kNoSpace, ""};
       }},
      {"its kind",
       [](Applied& a) {
         a.outcome.body = Refusal{Refusal::Kind::kCorrupt, ""};
       }},
      {"revision", [](Applied& a) { a.outcome.revision = Revision(41); }},
      {"v2's index", [](Applied& a) { a.outcome.seq = Seq(51); }},
  };
  std::set<uint64_t> links = {Applied().link(1), Applied().link(2)};
  CHECK(links.size() == 2);  // what was before counts, too
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Applied applied;
    c.change(applied);
    CHECK(links.insert(applied.link(1)).second);
  }
}

}  // namespace
}  // namespace viaduct::server
