#include "test/sim/scenarios/kv_model.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "test/sim/unit/kv_calls.h"

namespace viaduct::sim {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RequestOp;
using etcdserverpb::ResponseOp;

// /a has changed twice and has a lease, /b is gone, /c is new.
Past past() { return Log().put("/a", "a1").put("/b", "b1").put("/a", "a2", 9).erase("/b").put("/c", "c1").past(); }

const std::string kA1 = "{key: '/a' value: 'a1' create_revision: 2 mod_revision: 2 version: 1}";
const std::string kA2 = "{key: '/a' value: 'a2' create_revision: 2 mod_revision: 4 version: 2 lease: 9}";
const std::string kB1 = "{key: '/b' value: 'b1' create_revision: 3 mod_revision: 3 version: 1}";
const std::string kC1 = "{key: '/c' value: 'c1' create_revision: 6 mod_revision: 6 version: 1}";

std::string text_of(const std::map<std::string, std::optional<mvccpb::KeyValue>>& written) {
  std::string text;
  for (const auto& [key, state] : written) text += key + " {" + (state ? state->ShortDebugString() : "gone") + "} ";
  return text;
}

}  // namespace

TEST_CASE("the model answers as a store does whose state is known") {
  struct Case {
    const char* name;
    std::string request, response;
    std::string written;  // all of it, as text_of() has it
  };
  const Past known = past();
  for (const Case& c : std::vector<Case>{
           {"one key", "request_range {key: '/a'}", "response_range {count: 1 kvs " + kA2 + "}", ""},
           {"a key that is gone", "request_range {key: '/b'}", "response_range {}", ""},
           {"a range without its end", "request_range {key: '/a' range_end: '/c'}",
            "response_range {count: 1 kvs " + kA2 + "}", ""},
           {"all from a key on", "request_range {key: '/b' range_end: '\\000'}",
            "response_range {count: 1 kvs " + kC1 + "}", ""},
           {"at an old revision", "request_range {key: '/' range_end: '0' revision: 3}",
            "response_range {count: 2 kvs " + kA1 + " kvs " + kB1 + "}", ""},
           {"at the revision of a delete", "request_range {key: '/' range_end: '0' revision: 5}",
            "response_range {count: 1 kvs " + kA2 + "}", ""},
           {"the first of several", "request_range {key: '/' range_end: '0' limit: 1}",
            "response_range {count: 2 more: true kvs " + kA2 + "}", ""},
           {"as many as there are", "request_range {key: '/' range_end: '0' limit: 2}",
            "response_range {count: 2 kvs " + kA2 + " kvs " + kC1 + "}", ""},
           {"the last of several", "request_range {key: '/' range_end: '0' limit: 1 sort_order: DESCEND}",
            "response_range {count: 2 more: true kvs " + kC1 + "}", ""},
           {"keys alone", "request_range {key: '/c' keys_only: true}",
            "response_range {count: 1 kvs {key: '/c' create_revision: 6 mod_revision: 6 version: 1}}", ""},
           {"a count", "request_range {key: '/' range_end: '0' count_only: true limit: 1}", "response_range {count: 2}",
            ""},
           {"a new key", "request_put {key: '/b' value: 'b2' prev_kv: true}", "response_put {}",
            "/b {key: \"/b\" create_revision: 7 mod_revision: 7 version: 1 value: \"b2\"} "},
           {"a known key, whose lease goes", "request_put {key: '/a' value: 'a3' prev_kv: true}",
            "response_put {prev_kv " + kA2 + "}",
            "/a {key: \"/a\" create_revision: 2 mod_revision: 7 version: 3 value: \"a3\"} "},
           {"a known key, unseen", "request_put {key: '/a' value: 'a3' lease: 8}", "response_put {}",
            "/a {key: \"/a\" create_revision: 2 mod_revision: 7 version: 3 value: \"a3\" lease: 8} "},
           {"a delete", "request_delete_range {key: '/a'}", "response_delete_range {deleted: 1}", "/a {gone} "},
           {"a delete of several", "request_delete_range {key: '/' range_end: '0' prev_kv: true}",
            "response_delete_range {deleted: 2 prev_kvs " + kA2 + " prev_kvs " + kC1 + "}", "/a {gone} /c {gone} "},
           {"a delete of nothing", "request_delete_range {key: '/b' prev_kv: true}", "response_delete_range {}", ""},
           {"a transaction that reads what it wrote",
            "request_txn {success {request_put {key: '/b' value: 'b2'}} success {request_range {key: '/b'}}"
            " success {request_delete_range {key: '/' range_end: '0'}}"
            " success {request_range {key: '/' range_end: '0'}}}",
            "response_txn {succeeded: true responses {response_put {}} responses {response_range {count: 1 kvs"
            " {key: '/b' value: 'b2' create_revision: 7 mod_revision: 7 version: 1}}}"
            " responses {response_delete_range {deleted: 3}} responses {response_range {}}}",
            "/a {gone} /b {gone} /c {gone} "},
           {"a transaction that reads the past beside what it wrote",
            "request_txn {success {request_put {key: '/c' value: 'c2'}}"
            " success {request_range {key: '/c' revision: 6}}}",
            "response_txn {succeeded: true responses {response_put {}} responses {response_range {count: 1 kvs " + kC1 +
                "}}}",
            "/c {key: \"/c\" create_revision: 6 mod_revision: 7 version: 2 value: \"c2\"} "},
           {"a transaction that writes beside what it reads",
            "request_txn {success {request_put {key: '/b' value: 'b2'}} success {request_range {key: '/c'}}}",
            "response_txn {succeeded: true responses {response_put {}} responses {response_range {count: 1 kvs " + kC1 +
                "}}}",
            "/b {key: \"/b\" create_revision: 7 mod_revision: 7 version: 1 value: \"b2\"} "},
           {"a transaction that reads all from what it wrote on",
            "request_txn {success {request_delete_range {key: '/c'}} success {request_range {key: '/b' range_end: "
            "'\\000'}}}",
            "response_txn {succeeded: true responses {response_delete_range {deleted: 1}} responses {response_range "
            "{}}}",
            "/c {gone} "},
           {"the other branch",
            "request_txn {compare {key: '/a' target: VALUE value: 'a1'} success {request_put {key: '/a' value: 'x'}}"
            " failure {request_range {key: '/c'}}}",
            "response_txn {responses {response_range {count: 1 kvs " + kC1 + "}}}", ""},
           {"a nested compare, of the state before",
            "request_txn {success {request_delete_range {key: '/a'}} success {request_txn {"
            "compare {key: '/a' target: VALUE value: 'a2'} success {request_range {key: '/a'}}}}}",
            "response_txn {succeeded: true responses {response_delete_range {deleted: 1}}"
            " responses {response_txn {succeeded: true responses {response_range {}}}}}",
            "/a {gone} "},
       }) {
    CAPTURE(c.name);
    KvModel model(known, 6, 7);
    const ResponseOp answer = model.answer(message<RequestOp>(c.request));
    CHECK(answer.ShortDebugString() == message<ResponseOp>(c.response).ShortDebugString());
    CHECK(text_of(model.written()) == c.written);
  }
}

TEST_CASE("compares of every kind hold or do not") {
  struct Case {
    const char* target;
    const char* equal;    // of /a
    const char* greater;  // than that of /a
    const char* less;
  };
  const Past known = past();
  const auto holds = [&](const std::string& compare) {
    KvModel model(known, 6, 7);
    return model.answer(message<RequestOp>("request_txn {compare {" + compare + "}}")).response_txn().succeeded();
  };
  for (const Case& c : std::vector<Case>{
           {"VERSION", "version: 2", "version: 3", "version: 1"},
           {"CREATE", "create_revision: 2", "create_revision: 3", "create_revision: 1"},
           {"MOD", "mod_revision: 4", "mod_revision: 5", "mod_revision: 3"},
           {"VALUE", "value: 'a2'", "value: 'a20'", "value: 'a'"},
           {"LEASE", "lease: 9", "lease: 10", "lease: 8"},
       }) {
    CAPTURE(c.target);
    const std::string of_a = "key: '/a' target: " + std::string(c.target) + " ";
    for (const auto& [result, equal, greater, less] :
         {std::tuple("EQUAL", true, false, false), std::tuple("NOT_EQUAL", false, true, true),
          std::tuple("GREATER", false, false, true), std::tuple("LESS", false, true, false)}) {
      CAPTURE(result);
      const std::string compare = of_a + "result: " + result + " ";
      CHECK(holds(compare + c.equal) == equal);
      CHECK(holds(compare + c.greater) == greater);
      CHECK(holds(compare + c.less) == less);
    }
  }
}

TEST_CASE("a compare of no key is one with zeros, and one of a range holds if all of it does") {
  struct Case {
    const char* compare;
    bool holds;
  };
  const Past known = past();
  for (const Case& c : std::vector<Case>{
           {"key: '/b' target: CREATE create_revision: 0", true},
           {"key: '/b' target: VERSION result: GREATER version: 0", false},
           {"key: '/b' target: VALUE value: ''", false},
           {"key: '/b' target: VALUE result: NOT_EQUAL value: 'x'", false},
           {"key: '/' range_end: '0' target: MOD result: GREATER mod_revision: 3", true},
           {"key: '/' range_end: '0' target: MOD result: GREATER mod_revision: 4", false},
           {"key: '/x' range_end: '/y' target: MOD mod_revision: 0", true},
       }) {
    CAPTURE(c.compare);
    KvModel model(known, 6, 7);
    const auto request = message<RequestOp>("request_txn {compare {" + std::string(c.compare) + "}}");
    CHECK(model.answer(request).response_txn().succeeded() == c.holds);
  }
}

TEST_CASE("headers are left out, however deep they stand") {
  auto response = message<ResponseOp>(
      "response_txn {header {revision: 1} responses {response_put {header {revision: 2}}}"
      " responses {response_txn {header {revision: 3} responses {response_range {header {revision: 4} count: 1}}"
      " responses {response_delete_range {header {revision: 5} deleted: 1}}}}}");
  clear_headers(response);
  CHECK(response.ShortDebugString() ==
        message<ResponseOp>("response_txn {responses {response_put {}} responses {response_txn {"
                            "responses {response_range {count: 1}}"
                            " responses {response_delete_range {deleted: 1}}}}}")
            .ShortDebugString());
}

}  // namespace viaduct::sim
