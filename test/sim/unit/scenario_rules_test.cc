// The rules that scenarios have of their own, each on what clients and log say.
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "test/sim/scenarios/append_lists.h"
#include "test/sim/scenarios/bank.h"
#include "test/sim/scenarios/both_views.h"
#include "test/sim/scenarios/hashes.h"
#include "test/sim/scenarios/lease_churn.h"
#include "test/sim/unit/logs.h"

namespace viaduct::sim {
namespace {

using cluster_test::Operation;
using cluster_test::Outcome;
using cluster_test::Time;
using cluster_test::Violations;

Time at(int seconds) { return Time(std::chrono::seconds(seconds)); }

Operation operation(const std::string& key, const std::string& value, Outcome outcome, int called, int returned) {
  Operation operation;
  operation.action = cluster_test::Action::kCompareAndPut;
  operation.keys = {key};
  operation.value = value;
  operation.outcome = outcome;
  operation.called = at(called);
  operation.returned = at(returned);
  return operation;
}

mvccpb::KeyValue key_value(const std::string& key, const std::string& value) {
  mvccpb::KeyValue kv;
  kv.set_key(key);
  kv.set_value(value);
  return kv;
}

}  // namespace

TEST_CASE("append lists: each acknowledged element stands there once, in the order of time, and nothing else") {
  using Element = AppendLists::Element;
  using V2Read = AppendLists::V2Read;
  const std::string key = "/play/list/0";
  const auto element = [&](const char* value, Outcome outcome, int called, int returned) {
    return Element{operation(key, value, outcome, called, returned)};
  };
  const auto read = [&](const char* list) { return V2Read{operation(key, "", Outcome::kDone, 1, 2), list, 0}; };
  const Element a = element("a", Outcome::kDone, 1, 2), b = element("b", Outcome::kDone, 3, 4),
                maybe = element("b", Outcome::kUnknown, 3, 4), refused = element("b", Outcome::kRefused, 3, 4);
  struct Case {
    std::string name, list;
    std::vector<Element> elements;
    std::vector<V2Read> reads;
    std::string rule;
  };
  for (const Case& c : std::vector<Case>{
           {"all of them", "a,b", {a, b}, {}, ""},
           {"at the same time, in any order", "b,a", {element("a", Outcome::kDone, 1, 5), b}, {}, ""},
           {"one that may be there", "a,b", {a, maybe}, {}, ""},
           {"one that may be there and is not", "a", {a, maybe}, {}, ""},
           {"one that was refused", "a", {a, refused}, {}, ""},
           {"an acknowledged one that is lost", "a", {a, b}, {}, "INV-D1"},
           {"one twice", "a,b,a", {a, b}, {}, "INV-L2"},
           {"a refused one that is there", "a,b", {a, refused}, {}, "INV-L2"},
           {"one that nobody appended", "a,b,c", {a, b}, {}, "INV-L2"},
           {"against the order of time", "b,a", {a, b}, {}, "INV-L1"},
           {"beginnings of it are read", "a,b", {a, b}, {read(""), read("a"), read("a,b")}, ""},
           {"something else is read", "a,b", {a, b}, {read("b")}, "INV-L6"},
           {"half an element is read", "a,bb", {a, element("bb", Outcome::kDone, 3, 4)}, {read("a,b")}, "INV-L6"},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_lists(c.elements, c.reads, Log().put(key, c.list).past(), violations);
    check_first(violations, c.rule);
  }
}

TEST_CASE("bank: whoever sees all accounts sees the same total, and none is overdrawn") {
  const auto seen = [](const std::vector<const char*>& balances, bool in_txn) {
    etcdserverpb::RangeResponse all;
    for (const char* balance : balances) *all.add_kvs() = key_value("/play/bank/", balance);
    KvCall call;
    auto& response = in_txn ? *call.response.mutable_response_txn()->add_responses() : call.response;
    *response.mutable_response_range() = all;
    return call;
  };
  const auto shown = [](const std::vector<const char*>& balances) {
    V2Sight sight;
    for (const char* balance : balances) sight.files[std::to_string(sight.files.size())].value = balance;
    return sight;
  };
  struct Case {
    std::string name;
    std::vector<KvCall> calls;
    std::vector<V2Sight> sights;
    std::string rule;
  };
  for (const Case& c : std::vector<Case>{
           {"before they are opened", {seen({}, false)}, {shown({})}, ""},
           {"the sum of all", {seen({"500"}, false), seen({"100", "400"}, true)}, {shown({"200", "300"})}, ""},
           {"too little", {seen({"100", "399"}, false)}, {}, "INV-L5"},
           {"too much, in a transaction", {seen({"100", "401"}, true)}, {}, "INV-L5"},
           {"too little through v2", {}, {shown({"499"})}, "INV-L6"},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_totals(c.calls, c.sights, violations);
    check_first(violations, c.rule);
  }
  for (const auto& [last, rule] : {std::pair{"0", ""}, {"-1", "INV-L5"}}) {
    Violations violations;
    check_balances(Log().put("/play/bank/1", "-5").put("/play/bank/1", last).past(), violations);
    check_first(violations, rule);
  }
}

TEST_CASE("hashes: one for a revision and a compaction, whoever tells it") {
  using Told = Hashes::Told;
  struct Case {
    std::string name;
    std::vector<Told> told;
    std::string rule;
  };
  const Told first{7, 3, 0xaa, 1, 9};
  for (const Case& c : std::vector<Case>{
           {"by one, then by another", {first, {7, 3, 0xaa, 2, 10}}, ""},
           {"at another revision", {first, {8, 3, 0xbb, 1, 9}}, ""},
           {"after another compaction", {first, {7, 4, 0xbb, 1, 9}}, ""},
           {"compacted up to the head", {{9, 9, 0xaa, 1, 9}}, ""},
           {"two for one", {first, {8, 3, 0xbb, 1, 9}, {7, 3, 0xbb, 2, 9}}, "INV-L8"},
           {"compacted beyond the head", {{9, 10, 0xaa, 1, 9}}, "INV-A9"},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_hashes(c.told, violations);
    check_first(violations, c.rule);
  }
}

TEST_CASE("lease churn: all keys of a lease go together, in order, alone, and not early") {
  constexpr int kEnd = 5;
  struct Case {
    std::string name;
    std::function<void(Log&)> end;
    LeaseChurn::Life life;
    std::string rule;
  };
  const Machine clients;  // by whose clock they reckon
  const auto life = [&](int earliest_end, bool maybe_revoked = false) {
    const Time end(std::chrono::nanoseconds(clients.monotonic(earliest_end * kSecond)));
    return LeaseChurn::Life{7, {"/k/a", "/k/b"}, end, maybe_revoked};
  };
  const auto together = [](Log& log) { log.together([](Log& one) { one.erase("/k/a").erase("/k/b"); }); };
  for (const Case& c : std::vector<Case>{
           {"it lives", [](Log&) {}, life(kEnd + 1), ""},
           {"both in time", together, life(kEnd), ""},
           {"revoked", together, life(kEnd + 1, true), ""},
           {"early", together, life(kEnd + 1), "INV-E1"},
           {"out of order", [](Log& log) { log.together([](Log& one) { one.erase("/k/b").erase("/k/a"); }); },
            life(kEnd), "INV-E5"},
           {"one after the other", [](Log& log) { log.erase("/k/a").erase("/k/b"); }, life(kEnd), "INV-E5"},
           {"one stays", [](Log& log) { log.erase("/k/a"); }, life(kEnd), "INV-E5"},
           {"with another's",
            [](Log& log) { log.together([](Log& one) { one.erase("/k/a").erase("/k/b").erase("/k/c"); }); }, life(kEnd),
            "INV-A8"},
       }) {
    CAPTURE(c.name);
    Log log;
    log.put("/k/a", "1", 7).put("/k/b", "2", 7).put("/k/c", "3", 8);
    c.end(log);
    Violations violations;
    Chronicle chronicle(violations);
    log.fill(chronicle, kEnd * kSecond);
    const Past past(chronicle);
    check_life(c.life, {past, chronicle}, violations);
    check_first(violations, c.rule);
  }
}

TEST_CASE("both views: a member shows what the log has, through either API") {
  const Past past = Log().put("/a", "1").put("/b", "2").put("/a", "3").past();
  const auto views = [&](uint64_t revision, const std::vector<std::string>& keys) {
    BothViews seen;
    seen.member = "m1";
    seen.v3.mutable_header()->set_revision(static_cast<int64_t>(revision));
    for (const std::string& key : keys) *seen.v3.add_kvs() = past.at(key, past.last_revision())->kv;
    seen.v2.directory = "/";
    seen.v2.index = 6;
    seen.v2.operation.position = 4;
    seen.v2.files = {{"/a", {"3", 6, 6}}, {"/b", {"2", 5, 5}}};
    return seen;
  };
  struct Case {
    std::string name;
    BothViews views;
    std::string rule;
  };
  BothViews without_file = views(4, {"/a", "/b"});
  without_file.v2.files.erase("/b");
  for (const Case& c : std::vector<Case>{
           {"all of it", views(4, {"/a", "/b"}), ""},
           {"a key less", views(4, {"/b"}), "INV-A2"},
           {"a later value", views(3, {"/a", "/b"}), "INV-A2"},
           {"a file less", without_file, "INV-L6"},
       }) {
    CAPTURE(c.name);
    Violations violations;
    check_both_views(c.views, past, violations);
    check_first(violations, c.rule);
  }
}

}  // namespace viaduct::sim
