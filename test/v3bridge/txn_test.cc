// Txns of v3 as they are applied and read: v3-api.md 7.1 and 7.3 case by case, and random ones against the model.
#include <doctest/doctest.h>
#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "test/v3bridge/key_model.h"
#include "test/v3bridge/world.h"
#include "v3bridge/range.h"
#include "v3bridge/txn_choice.h"

namespace viaduct::v3bridge {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

TxnRequest parsed(const std::string& text) {
  TxnRequest request;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &request));
  return request;
}

std::string error_text(V3Error error) { return "error " + std::to_string(static_cast<int>(error)); }

// What a txn that changes nothing answers when it is read; whichever way it is.
std::string read(World& world, const TxnRequest& request) {
  TxnResponse fast, slow;
  const Read fast_read = read_txn_fast(world.store(), request, fast);
  const Read slow_read = read_txn_slow(world.store(), request, slow);
  CHECK(slow_read.head == world.numbers().revision);
  if (!fast_read.needs_reader) {
    CHECK(fast_read.error == slow_read.error);
    CHECK(fast_read.head == slow_read.head);
    if (fast_read.error == V3Error::kNone) CHECK(fast.SerializeAsString() == slow.SerializeAsString());
  }
  return slow_read.error == V3Error::kNone ? slow.ShortDebugString() : error_text(slow_read.error);
}

// The answer of the txn, applied; one that only reads must answer the same when it is read.
std::string run(World& world, const TxnRequest& request) {
  const store::Numbers before = world.numbers();
  Command command;
  *command.mutable_txn() = request;
  const Outcome outcome = world.apply(command);
  const V3Result& result = std::get<V3Result>(outcome.body);
  const std::string answer = result.error == V3Error::kNone ? result.txn->ShortDebugString() : error_text(result.error);
  if (is_read_only(request)) CHECK(read(world, request) == answer);
  if (result.error != V3Error::kNone) {
    CHECK(world.numbers().seq == before.seq);  // N5
    CHECK(!result.txn);
  }
  CHECK((world.numbers().revision > before.revision) == !result.events.empty());
  return answer;
}

std::string run(World& world, const std::string& text) { return run(world, parsed(text)); }

// /a 1 (version 2, lease 7), /b 2, /c 3 at revisions 2 to 5.
struct Filled : World {
  Filled() {
    apply(grant(7, 1000));
    apply(v3_put("/a", "0"));
    apply(v3_put("/b", "2"));
    apply(v3_put("/c", "3"));
    apply(v3_put("/a", "1", 7));
  }
};

TEST_CASE("a compare holds or not as etcd has it") {
  struct Case {
    const char* name;
    const char* compare;
    bool succeeded;
  };
  const std::vector<Case> cases = {
      {"version of a missing key is 0", R"(target: VERSION key: "/x" version: 0)", true},
      {"create of a missing key below 1", R"(target: CREATE result: LESS key: "/x" create_revision: 1)", true},
      {"mod of a missing key above 0", R"(target: MOD result: GREATER key: "/x" mod_revision: 0)", false},
      {"lease of a missing key is 0", R"(target: LEASE key: "/x" lease: 0)", true},
      {"a missing key has no value, not even an empty one", R"(target: VALUE key: "/x" value: "")", false},
      {"nor one that differs", R"(target: VALUE result: NOT_EQUAL key: "/x" value: "1")", false},
      {"nor for an undeclared result", R"(target: VALUE result: 9 key: "/x" value: "1")", false},
      {"version", R"(target: VERSION key: "/a" version: 2)", true},
      {"create", R"(target: CREATE key: "/a" create_revision: 2)", true},
      {"mod", R"(target: MOD key: "/a" mod_revision: 5)", true},
      {"lease", R"(target: LEASE key: "/a" lease: 7)", true},
      {"value", R"(target: VALUE key: "/a" value: "1")", true},
      {"values compare by bytes", R"(target: VALUE result: LESS key: "/a" value: "\377")", true},
      {"a shorter value is less", R"(target: VALUE result: GREATER key: "/a" value: "")", true},
      {"a union member of another target counts as 0", R"(target: MOD result: GREATER key: "/a" version: 99999)", true},
      {"and as empty", R"(target: VALUE result: GREATER key: "/a" version: 99999)", true},
      {"so does one that is not there", R"(target: VERSION result: GREATER key: "/a")", true},
      {"an undeclared result holds", R"(target: VERSION result: 9 key: "/a" version: 7)", true},
      {"an undeclared target is equal", R"(target: 9 key: "/a" version: 7)", true},
      {"and not greater", R"(target: 9 result: GREATER key: "/a")", false},
      {"all keys of a range", R"(target: VERSION result: GREATER key: "/a" range_end: "/d" version: 0)", true},
      {"not all keys of a range", R"(target: VERSION key: "/a" range_end: "/d" version: 1)", false},
      {"an open range", R"(target: VERSION key: "/b" range_end: "\000" version: 1)", true},
      {"no key in the range", R"(target: CREATE result: GREATER key: "/x" range_end: "/y" create_revision: 0)", false},
      {"no key in the range, compared with 0", R"(target: CREATE key: "/x" range_end: "/y" create_revision: 0)", true},
      {"no key in a range of values", R"(target: VALUE result: NOT_EQUAL key: "/x" range_end: "/y" value: "1")", false},
      {"a range that is upside down", R"(target: VERSION key: "/c" range_end: "/a" version: 0)", true},
  };
  Filled world;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const std::string answer = run(world, "compare { " + std::string(c.compare) + " }");
    CHECK(answer == (c.succeeded ? "header { } succeeded: true" : "header { }"));
  }
  CHECK(run(world, "") == "header { } succeeded: true");
  CHECK(run(world, R"(compare { key: "/a" version: 2 } compare { key: "/b" version: 2 })") == "header { }");
}

TEST_CASE("a txn answers and leaves behind what etcd's does") {
  struct Case {
    const char* name;
    const char* request;
    const char* answer;
    std::vector<std::string> keys;  // as they are then; empty: as they were
  };
  const std::string a = "/a=1 create=2 mod=5 version=2 lease=7", b = "/b=2 create=3 mod=3 version=1 lease=0",
                    c3 = "/c=3 create=4 mod=4 version=1 lease=0";
  const std::vector<Case> cases = {
      {"the failure branch",
       R"(compare { key: "/a" version: 9 } success { request_put { key: "/a" } } failure { request_range { key: "/b" } })",
       R"(header { } responses { response_range { header { revision: 5 } kvs { key: "/b" create_revision: 3 mod_revision: 3 version: 1 value: "2" } count: 1 } })",
       {}},
      {"a range sees the puts before it, and says the new revision",
       R"(success { request_range { key: "/x" } } success { request_put { key: "/x" value: "9" } } success { request_range { key: "/x" } })",
       R"(header { } succeeded: true responses { response_range { header { revision: 5 } } } responses { response_put { header { revision: 6 } } } responses { response_range { header { revision: 6 } kvs { key: "/x" create_revision: 6 mod_revision: 6 version: 1 value: "9" } count: 1 } })",
       {a, b, c3, "/x=9 create=6 mod=6 version=1 lease=0"}},
      {"a range at an earlier revision sees none of it",
       R"(success { request_put { key: "/a" value: "9" } } success { request_range { key: "/a" revision: 5 } } success { request_range { key: "/a" revision: 2 } })",
       R"(header { } succeeded: true responses { response_put { header { revision: 6 } } } responses { response_range { header { revision: 6 } kvs { key: "/a" create_revision: 2 mod_revision: 5 version: 2 value: "1" lease: 7 } count: 1 } } responses { response_range { header { revision: 6 } kvs { key: "/a" create_revision: 2 mod_revision: 2 version: 1 value: "0" } count: 1 } })",
       {"/a=9 create=2 mod=6 version=3 lease=0", b, c3}},
      {"prev_kv",
       R"(success { request_put { key: "/a" lease: 7 prev_kv: true } } success { request_put { key: "/x" prev_kv: true } } success { request_delete_range { key: "/b" range_end: "/d" prev_kv: true } })",
       R"(header { } succeeded: true responses { response_put { header { revision: 6 } prev_kv { key: "/a" create_revision: 2 mod_revision: 5 version: 2 value: "1" lease: 7 } } } responses { response_put { header { revision: 6 } } } responses { response_delete_range { header { revision: 6 } deleted: 2 prev_kvs { key: "/b" create_revision: 3 mod_revision: 3 version: 1 value: "2" } prev_kvs { key: "/c" create_revision: 4 mod_revision: 4 version: 1 value: "3" } } })",
       {"/a= create=2 mod=6 version=3 lease=7", "/x= create=6 mod=6 version=1 lease=0"}},
      {"a deletion of nothing takes no revision",
       R"(success { request_delete_range { key: "/x" } } success { request_delete_range { key: "/c" range_end: "/a" } })",
       R"(header { } succeeded: true responses { response_delete_range { header { revision: 5 } } } responses { response_delete_range { header { revision: 5 } } })",
       {}},
      {"of two deletions that overlap the second finds nothing",
       R"(success { request_delete_range { key: "/a" range_end: "/z" } } success { request_delete_range { key: "/b" } })",
       R"(header { } succeeded: true responses { response_delete_range { header { revision: 6 } deleted: 3 } } responses { response_delete_range { header { revision: 6 } } })",
       {"none"}},
      {"an open deletion, then a put: the key begins anew",
       R"(success { request_delete_range { key: "/b" range_end: "\000" } } success { request_put { key: "/b" value: "n" } })",
       R"(header { } succeeded: true responses { response_delete_range { header { revision: 6 } deleted: 2 } } responses { response_put { header { revision: 6 } } })",
       {a, "/b=n create=6 mod=6 version=1 lease=0"}},
      {"a put, then an open deletion: it goes again",
       R"(success { request_put { key: "/x" } } success { request_delete_range { key: "/b" range_end: "\000" } })",
       R"(header { } succeeded: true responses { response_put { header { revision: 6 } } } responses { response_delete_range { header { revision: 6 } deleted: 3 } })",
       {a}},
      {"a nested txn compares with the state before all, and reads what was written",
       R"(success { request_put { key: "/p" value: "1" } } success { request_txn { compare { key: "/p" version: 0 } success { request_range { key: "/p" } } failure { request_put { key: "/never" } } } })",
       R"(header { } succeeded: true responses { response_put { header { revision: 6 } } } responses { response_txn { header { } succeeded: true responses { response_range { header { revision: 6 } kvs { key: "/p" create_revision: 6 mod_revision: 6 version: 1 value: "1" } count: 1 } } } })",
       {a, b, c3, "/p=1 create=6 mod=6 version=1 lease=0"}},
      {"a nested txn of the branch not taken is not looked at",
       R"(failure { request_txn { success { request_put { key: "/x" lease: 99 } } } })",
       R"(header { } succeeded: true)",
       {}},
      {"an operation of no kind answers as one", R"(success { })", R"(header { } succeeded: true responses { })", {}},
      {"an unknown lease",
       R"(success { request_put { key: "/q" } } success { request_put { key: "/x" lease: 99 } })",
       "error 1",
       {}},
      {"an unknown lease in the other branch",
       R"(failure { request_put { key: "/x" lease: 99 } })",
       R"(header { } succeeded: true)",
       {}},
      {"ignore_value of a missing key comes before its unknown lease",
       R"(success { request_put { key: "/x" ignore_value: true lease: 99 } })",
       "error 7",
       {}},
      {"ignore_lease of a missing key, nested",
       R"(success { request_put { key: "/q" } } success { request_txn { success { request_put { key: "/x" ignore_lease: true } } } })",
       "error 7",
       {}},
      {"a revision to come",
       R"(success { request_put { key: "/q" } } success { request_range { key: "/a" revision: 6 } })",
       "error 4",
       {}},
      {"a put's fault comes before a range's, whichever is first",
       R"(success { request_range { key: "/a" revision: 99 } } success { request_put { key: "/x" lease: 99 } })",
       "error 1",
       {}},
      {"revision -1 before any compaction",
       R"(success { request_range { key: "/x" revision: -1 } })",
       R"(header { } succeeded: true responses { response_range { header { revision: 5 } } })",
       {}},
      {"revision -2 before any compaction", R"(success { request_range { key: "/x" revision: -2 } })", "error 3", {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Filled world;
    CHECK(run(world, c.request) == c.answer);
    std::vector<std::string> keys = c.keys.empty() ? std::vector<std::string>{a, b, c3} : c.keys;
    if (keys == std::vector<std::string>{"none"}) keys.clear();
    CHECK(world.v3_keys() == keys);
  }
}

// Known bug: RB-10.
TEST_CASE("a range in a txn is refused below the compaction point, negative revisions too") {
  Filled world;
  world.apply(compact(3));
  const auto range = [](const char* revision) {
    return R"(success { request_put { key: "/q" } } success { request_range { key: "/a" revision: )" +
           std::string(revision) + " } }";
  };
  for (const char* revision : {"-1", "-9", "1", "2"}) {
    CAPTURE(revision);
    CHECK(run(world, range(revision)) == "error 3");
  }
  CHECK(run(world, range("6")) == "error 4");
  CHECK(run(world, range("3")).find(R"(value: "0")") != std::string::npos);
  World fresh;
  fresh.apply(compact(0));
  CHECK(run(fresh, range("-1")) == "error 3");
}

TEST_CASE("a change and the companions it needs are as ever, wherever in a txn it stands (T3)") {
  World world;
  CHECK(run(world, R"(success { request_txn { success { request_put { key: "/d/a" value: "1" } } } })").size() > 0);
  CHECK(to_text(*world.events().back()) == "4,2 set /d/a=1 version 1 from 2 lease 0 created 4 with +/d/ implicit");
  run(world, R"(success { request_delete_range { key: "/d/a" } } success { request_put { key: "/d/b" } })");
  CHECK(to_text(*world.events()[1]) == "5,3 delete /d/a created 4 gone prev(1 created 4 modified 4) with -/d/");
  CHECK(to_text(*world.events()[2]) == "6,3 set /d/b= version 1 from 3 lease 0 created 6 with +/d/ implicit");
}

TEST_CASE("a lease that v2 made is gone for what follows in the same txn once it lost its last attachment (L2)") {
  const std::string lease = std::to_string(store::kFirstV2LeaseId + 4);
  const std::string drop = R"(success { request_delete_range { key: "/t" } } )";
  const std::string detach = R"(success { request_put { key: "/t" } } )";
  const std::string move = R"(success { request_put { key: "/u" lease: )" + lease + " } } ";
  const std::string nested = "success { request_txn { " + move + " } } ";
  struct Case {
    const char* name;
    std::string request;
    bool passes;
  };
  for (const Case& c :
       {Case{"moved", move, true}, Case{"moved, then dropped", move + drop, true},
        Case{"dropped, then moved", drop + move, false}, Case{"detached, then moved", detach + move, false},
        Case{"dropped, then moved below", drop + nested, false},
        Case{"moved below, then dropped, and moved on", nested + drop + move, true}}) {
    CAPTURE(c.name);
    World world;
    world.apply(with_ttl(v2_set("/t", "1"), 100));
    const std::string answer = run(world, c.request);
    CHECK((answer != "error 1") == c.passes);
    CHECK(world.store().sizes().leases == 1);
    if (!c.passes) CHECK(world.v3_keys().size() == 1);
  }
}

class Requests {
 public:
  explicit Requests(uint64_t seed) : random_(seed) {}

  TxnRequest next(int64_t head, int depth = 0) {
    TxnRequest request;
    for (uint64_t n = random_.below(3); n > 0; --n) compare(head, *request.add_compare());
    for (uint64_t n = random_.below(4); n > 0; --n) operation(head, depth, *request.add_success());
    for (uint64_t n = random_.below(4); n > 0; --n) operation(head, depth, *request.add_failure());
    return request;
  }
  bool one_in(uint64_t n) { return random_.below(n) == 0; }

 private:
  std::string key() { return std::string("/") + static_cast<char>('a' + random_.below(5)); }
  std::string value() { return std::string(1, static_cast<char>('0' + random_.below(4))); }
  std::string end() { return one_in(2) ? "" : one_in(3) ? std::string(1, '\0') : key(); }

  void compare(int64_t head, Compare& compare) {
    compare.set_key(key());
    compare.set_range_end(end());
    compare.set_target(static_cast<Compare::CompareTarget>(random_.below(6)));
    compare.set_result(static_cast<Compare::CompareResult>(random_.below(5)));
    const auto number = static_cast<int64_t>(random_.below(static_cast<uint64_t>(head) + 2));
    switch (random_.below(5)) {
      case 0:
        compare.set_version(number % 3);
        break;
      case 1:
        compare.set_create_revision(number);
        break;
      case 2:
        compare.set_mod_revision(number);
        break;
      case 3:
        compare.set_lease(7);
        break;
      default:
        compare.set_value(value());
    }
  }

  void operation(int64_t head, int depth, RequestOp& op) {
    const uint64_t kind = random_.below(depth < 3 ? 8 : 7);
    if (kind == 7) {
      *op.mutable_request_txn() = next(head, depth + 1);
    } else if (kind >= 4) {
      auto& range = *op.mutable_request_range();
      range.set_key(key());
      range.set_range_end(end());
      if (one_in(2)) range.set_revision(head + 1 - static_cast<int64_t>(random_.below(static_cast<uint64_t>(head))));
      range.set_limit(static_cast<int64_t>(random_.below(3)));
      range.set_sort_order(static_cast<etcdserverpb::RangeRequest::SortOrder>(random_.below(3)));
    } else if (kind >= 1) {
      auto& put = *op.mutable_request_put();
      put.set_key(key());
      put.set_prev_kv(one_in(2));
      put.set_ignore_value(one_in(8));
      if (!put.ignore_value()) put.set_value(value());
      put.set_ignore_lease(one_in(8));
      if (!put.ignore_lease() && one_in(3)) put.set_lease(one_in(10) ? 8 : 7);
    } else {
      auto& range = *op.mutable_request_delete_range();
      range.set_key(key());
      range.set_range_end(end());
      range.set_prev_kv(one_in(2));
    }
  }

  SeededRandom random_;
};

// Known bug: RB-11.
TEST_CASE("random txns answer as the rules say, and one that fails leaves nothing behind (INV-L5)") {
  int failed = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    store::Options options;
    if (seed % 3 == 0) options.value_cache_bytes = 0;
    World world("", options);
    KeyModel model;
    Requests requests(seed);
    world.apply(grant(7, 1000));
    model.grant(7);
    for (int i = 0; i < 150; ++i) {
      const TxnRequest request = requests.next(model.head());
      CAPTURE(request.ShortDebugString());
      const std::string expected = model.txn(request);
      REQUIRE(run(world, request) == expected);
      failed += expected.starts_with("error");
      if (requests.one_in(20) && model.head() > 3) {
        world.apply(compact(static_cast<uint64_t>(model.head() - 2)));
        model.compact(static_cast<int64_t>(world.numbers().compacted_revision.value));
        world.store().compact_some(10);
      }
      if (requests.one_in(40)) world.restart();
    }
    REQUIRE(model.head() == static_cast<int64_t>(world.numbers().revision.value));
  }
  CHECK(failed > 100);
}

}  // namespace
}  // namespace viaduct::v3bridge
