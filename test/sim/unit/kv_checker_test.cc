#include "test/sim/scenarios/kv_checker.h"

#include <set>
#include <string>
#include <vector>

#include "test/sim/unit/kv_calls.h"

namespace viaduct::sim {
namespace {

constexpr int kInvalid = 3, kNotFound = 5, kExhausted = 8, kOutOfRange = 11;
const std::string kGone = "etcdserver: mvcc: required revision has been compacted";
const std::string kFuture = "etcdserver: mvcc: required revision is a future revision";

// 2: /a, 3: /b, 4: /a again, 5: /b is gone, 6: /a and /c.
Log log_of_all() {
  return Log().put("/a", "a1").put("/b", "b1").put("/a", "a2").erase("/b").together([](Log& log) {
    log.put("/a", "a3").put("/c", "c1");
  });
}

struct Case {
  const char* name;
  const char* rule;  // of the first violation; empty: there is none
  std::vector<KvCall> calls;
  Log members = log_of_all();
};

// `own`: below it nobody else may have written.
void check(const std::vector<Case>& cases, const char* own = nullptr) {
  for (const Case& c : cases) {
    CAPTURE(c.name);
    cluster_test::Violations violations;
    const Past past = c.members.past();
    const std::set<uint64_t> claimed = check_kv(c.calls, past, violations);
    if (own) check_claimed(own, claimed, past, violations);
    check_first(violations, c.rule);
  }
}

const std::string kA1 = "{key: '/a' value: 'a1' create_revision: 2 mod_revision: 2 version: 1}";
const std::string kA2 = "{key: '/a' value: 'a2' create_revision: 2 mod_revision: 4 version: 2}";
const std::string kB1 = "{key: '/b' value: 'b1' create_revision: 3 mod_revision: 3 version: 1}";
const std::string kAll = "key: '/' range_end: '0'";

std::string put(const std::string& key, const std::string& value, const std::string& more = "") {
  return "request_put {key: '" + key + "' value: '" + value + "' " + more + "}";
}
const std::string kPut = "response_put {}";
const std::string kSwap = "request_txn {compare {key: '/a' target: MOD mod_revision: 4} success {" + put("/a", "a3") +
                          "} success {" + put("/c", "c1") + "} failure {request_range {key: '/a'}}}";
const std::string kSwapped = "response_txn {succeeded: true responses {response_put {}} responses {response_put {}}}";
const std::string kBoth = "request_txn {success {" + put("/a", "a3") + "} success {" + put("/c", "c1") + "}}";
const std::string kErase = "request_delete_range {key: '/b'}";
const std::string kErased = "response_delete_range {deleted: 1}";

// Those of the whole log, but for some.
std::vector<KvCall> all_but(size_t left_out, std::vector<KvCall> more = {}) {
  std::vector<KvCall> calls{done(2, put("/a", "a1"), kPut), done(3, put("/b", "b1"), kPut),
                            done(4, put("/a", "a2"), kPut), done(5, kErase, kErased), done(6, kSwap, kSwapped)};
  if (left_out > 0) calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(left_out) - 2);
  calls.insert(calls.end(), more.begin(), more.end());
  return calls;
}
std::vector<KvCall> all_and(KvCall one) { return all_but(0, {std::move(one)}); }

Case reads(const char* name, const char* rule, uint64_t revision, const std::string& request,
           const std::string& response) {
  return {name, rule, all_and(done(revision, "request_range {" + request + "}", "response_range {" + response + "}"))};
}

}  // namespace

TEST_CASE("a read shows the state at its revision") {
  check({
      reads("all", "", 4, kAll, "count: 2 kvs " + kA2 + " kvs " + kB1),
      reads("all, later", "", 5, kAll, "count: 1 kvs " + kA2),
      reads("nothing yet", "", 1, kAll, ""),
      reads("an old state", "", 6, kAll + " revision: 3", "count: 2 kvs " + kA1 + " kvs " + kB1),
      reads("whatever its header says", "", 5, kAll, "header {revision: 3 member_id: 7} count: 1 kvs " + kA2),
      reads("the first page", "", 4, kAll + " limit: 1", "count: 2 more: true kvs " + kA2),
      reads("the state of before", "INV-L4", 5, kAll, "count: 2 kvs " + kA2 + " kvs " + kB1),
      reads("the head instead of an old state", "INV-L4", 6, kAll + " revision: 3",
            "count: 2 kvs " + kA2 + " kvs " + kB1),
      reads("a key too few", "INV-L4", 4, kAll, "count: 1 kvs " + kA2),
      reads("another value", "INV-L4", 4, "key: '/a'",
            "count: 1 kvs {key: '/a' value: 'a1' create_revision: 2 mod_revision: 4 version: 2}"),
      reads("another version", "INV-L4", 4, "key: '/a'",
            "count: 1 kvs {key: '/a' value: 'a2' create_revision: 2 mod_revision: 4 version: 3}"),
      reads("a lease that it has not", "INV-L4", 4, "key: '/a'",
            "count: 1 kvs {key: '/a' value: 'a2' create_revision: 2 mod_revision: 4 version: 2 lease: 9}"),
      reads("the count of the page", "INV-L4", 4, kAll + " limit: 1", "count: 1 more: true kvs " + kA2),
      reads("no more", "INV-L4", 4, kAll + " limit: 1", "count: 2 kvs " + kA2),
      reads("the other order", "INV-L4", 4, kAll, "count: 2 kvs " + kB1 + " kvs " + kA2),
      reads("what is to come", "INV-L4", 3, "key: '/a' revision: 4", "count: 1 kvs " + kA2),
      {"what is to come, in a transaction", "INV-L4",
       all_and(done(3, "request_txn {success {request_range {key: '/a' revision: 4}}}",
                    "response_txn {succeeded: true responses {response_range {count: 1 kvs " + kA2 + "}}}"))},
  });
}

TEST_CASE("an answered write did what was asked for, on the state before") {
  check({
      {"all of them", "", all_but(0)},
      {"with what was there", "",
       all_but(4, {done(4, put("/a", "a2", "prev_kv: true"), "response_put {prev_kv " + kA1 + "}")})},
      {"with what is there now", "INV-L5",
       all_but(4, {done(4, put("/a", "a2", "prev_kv: true"), "response_put {prev_kv " + kA2 + "}")})},
      {"without what was there", "INV-L5", all_but(4, {done(4, put("/a", "a2", "prev_kv: true"), kPut)})},
      {"another count of deleted keys", "INV-L5", all_but(5, {done(5, kErase, "response_delete_range {deleted: 2}")})},
      {"a delete of nothing", "", all_and(done(5, kErase, "response_delete_range {}"))},
      {"a delete of nothing that was there", "INV-L5", all_and(done(4, kErase, "response_delete_range {}"))},
      {"a compare that failed", "",
       all_and(done(5, "request_txn {compare {key: '/a' target: VALUE value: 'a1'} success {" + put("/a", "x") + "}}",
                    "response_txn {}"))},
      {"a compare that should have failed", "INV-L5",
       all_but(6, {done(6,
                        "request_txn {compare {key: '/a' target: MOD mod_revision: 2} success {" + put("/a", "a3") +
                            "} success {" + put("/c", "c1") + "}}",
                        kSwapped)})},
      {"a compare that should not have failed", "INV-L5",
       all_and(done(5, "request_txn {compare {key: '/a' target: VALUE value: 'a2'} success {" + put("/a", "x") + "}}",
                    "response_txn {}"))},
  });
}

TEST_CASE("an answered write stands in the log, whole and once") {
  const Log twice = Log().put("/a", "a1").put("/a", "a1");
  const Log with_lease = Log().put("/a", "a1", 9);
  check({
      {"not at all", "INV-D1", all_and(done(7, put("/x", "x1"), kPut))},
      {"not with this value", "INV-D1", all_but(4, {done(4, put("/a", "x"), kPut)})},
      {"not with this key", "INV-D1", all_but(4, {done(4, put("/x", "a2"), kPut)})},
      {"not with this lease", "INV-D1", {done(2, put("/a", "a1"), kPut)}, with_lease},
      {"with its lease", "", {done(2, put("/a", "a1", "lease: 9"), kPut)}, with_lease},
      {"at another revision", "INV-D1", all_but(4, {done(3, put("/a", "a2"), kPut)})},
      {"in part",
       "INV-D1",
       {done(2, put("/a", "a1"), kPut), done(3, kBoth, kSwapped)},
       Log().put("/a", "a1").put("/a", "a3")},
      {"with something else", "INV-D1", {done(2, put("/a", "a1"), kPut)}, Log().together([](Log& log) {
         log.put("/a", "a1").put("/b", "b1");
       })},
      {"a delete that did not happen", "INV-L5", all_and(done(7, "request_delete_range {key: '/b'}", kErased))},
      {"twice", "INV-L2", {done(2, put("/a", "a1"), kPut)}, twice},
      {"though it says that it failed", "INV-L2",
       all_but(6, {done(6, kSwap,
                        "response_txn {responses {response_range {count: 1 kvs {key: '/a' value: 'a3'"
                        " create_revision: 2 mod_revision: 6 version: 3}}}}")})},
      {"one of two that say so", "INV-A8", all_and(done(5, kErase, kErased))},
  });
}

TEST_CASE("a refused call has its reason, and changes nothing") {
  const std::string old = "request_range {key: '/a' revision: 3}";
  const std::string local = "request_range {key: '/a' revision: 9 serializable: true}";
  const std::string nested = "request_txn {success {request_txn {failure {request_range {key: '/a' revision: 3}}}}}";
  const std::string leased = put("/x", "x1", "lease: 9");
  check({
      {"compacted", "", all_and(refused(kOutOfRange, kGone, old, 4))},
      {"compacted, in a transaction", "", all_and(refused(kOutOfRange, kGone, nested, 4))},
      {"the compacted revision itself", "answer", all_and(refused(kOutOfRange, kGone, old, 3))},
      {"the compacted revision itself, in a transaction", "answer", all_and(refused(kOutOfRange, kGone, nested, 3))},
      {"compacted, and nobody asked to", "answer", all_and(refused(kOutOfRange, kGone, old))},
      {"compacted, and it did not ask for an old state", "answer",
       all_and(refused(kOutOfRange, kGone, "request_range {key: '/a'}", 4))},
      {"not there yet", "", all_and(refused(kOutOfRange, kFuture, local))},
      {"not there yet, on the leader", "answer",
       all_and(refused(kOutOfRange, kFuture, "request_range {key: '/a' revision: 9}"))},
      {"out of range for no reason", "answer", all_and(refused(kOutOfRange, "why not", local))},
      {"no such lease", "", all_and(refused(kNotFound, "etcdserver: requested lease not found", leased))},
      {"no such lease, of a put without one", "answer",
       all_and(refused(kNotFound, "etcdserver: requested lease not found", put("/x", "x1")))},
      {"a lease, and no word of whether it is there", "answer",
       all_and(refused(kInvalid, "etcdserver: no such thing", leased))},
      {"compacted, with another code", "answer", all_and(refused(kInvalid, kGone, old, 4))},
      {"too many requests", "", all_and(refused(kExhausted, "etcdserver: too many requests", put("/x", "x1")))},
      {"anything else", "answer", all_and(refused(kInvalid, "etcdserver: key is not provided", put("/x", "x1")))},
      {"but it is there", "INV-L2",
       all_but(4, {refused(kExhausted, "etcdserver: too many requests", put("/a", "a2"))})},
      {"but half of it is there",
       "INV-L2",
       {done(2, put("/a", "a1"), kPut), refused(kExhausted, "etcdserver: too many requests", kBoth)},
       Log().put("/a", "a1").put("/c", "c1")},
  });
}

TEST_CASE("a call without an answer takes effect once and whole, or never") {
  check({
      {"never", "", all_and(lost(put("/x", "x1")))},
      {"once", "", all_but(4, {lost(put("/a", "a2"))})},
      {"a transaction", "", all_but(6, {lost(kSwap)})},
      {"a delete", "", all_but(5, {lost(kErase)})},
      {"a delete that never came", "", all_and(lost(kErase))},
      {"twice", "INV-L2", {lost(put("/a", "a1"))}, Log().put("/a", "a1").put("/a", "a1")},
      {"in part", "INV-L5", {done(2, put("/a", "a1"), kPut), lost(kBoth)}, Log().put("/a", "a1").put("/c", "c1")},
      {"against its compare", "INV-L5", {lost(kSwap)}, Log().together([](Log& log) {
         log.put("/a", "a3").put("/c", "c1");
       })},
      {"together with another one",
       "INV-L5",
       {lost(put("/a", "a1")), lost(put("/b", "b1"))},
       Log().together([](Log& log) { log.put("/a", "a1").put("/b", "b1"); })},
      {"at the revision of another one",
       "INV-A8",
       {done(2, put("/a", "a1"), kPut), lost(put("/a", "a1"))},
       Log().put("/a", "a1")},
  });
}

TEST_CASE("nothing is in the log that nobody asked for") {
  const auto kept = [](uint64_t lease) { return Log().put("/l", "l1", lease).erase("/l"); };
  const KvCall leased = done(2, put("/l", "l1", "lease: 9"), kPut), bare = done(2, put("/l", "l1"), kPut);
  check(
      {
          {"all of it was", "", all_but(0)},
          {"a put", "INV-L2", all_but(2)},
          {"a transaction", "INV-L2", all_but(6)},
          {"a delete", "INV-L2", all_but(5)},
          {"a delete that says it found nothing", "INV-L2", all_but(5, {done(5, kErase, "response_delete_range {}")})},
          {"a delete, when one like it was lost", "", all_but(5, {lost(kErase)})},
          {"a delete, when another key's was lost", "INV-L2", all_but(5, {lost("request_delete_range {key: '/c'}")})},
          {"a delete, when one of more was lost", "INV-L2",
           all_but(5, {lost("request_delete_range {key: '/' range_end: '0'}")})},
          {"the end of a lease", "", {leased}, kept(9)},
          {"a put of a key that has a lease", "INV-L2", {leased}, Log().put("/l", "l1", 9).put("/l", "l2")},
          {"the end of a lease that the key has not", "INV-L2", {bare}, kept(0)},
          {"the end of a lease that the key has no more",
           "INV-L2",
           {leased, done(3, put("/l", "l2"), kPut)},
           Log().put("/l", "l1", 9).put("/l", "l2").erase("/l")},
      },
      "/");
}

TEST_CASE("what others have elsewhere is their own business") {
  cluster_test::Violations violations;
  const Past past = Log().put("/a/x", "x1").put("/b/x", "x1").erase("/b/x").past();
  check_claimed("/a/", check_kv({done(2, put("/a/x", "x1"), kPut)}, past, violations), past, violations);
  CHECK(violations.none());
}

}  // namespace viaduct::sim
