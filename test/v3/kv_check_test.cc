#include "v3/kv_check.h"

#include <doctest/doctest.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"

namespace viaduct::v3 {
namespace {

const Release k34{"3.4.23"}, k36{"3.6.0"};
constexpr uint64_t kMaxOps = 128;

template <typename Request>
Request parse(const std::string& text) {
  Request request;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &request));
  return request;
}

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// Puts of different keys.
std::string puts(int count, const std::string& prefix = "k") {
  std::string all;
  for (int i = 0; i < count; ++i) all += "success{request_put{key:'" + prefix + std::to_string(i) + "'}}";
  return all;
}

std::string txn_error(const std::string& text) {
  return check(parse<etcdserverpb::TxnRequest>(text), kMaxOps, k34).message;
}

TEST_CASE("a request is refused for the first thing that is wrong with it, in etcd's words") {
  struct Case {
    const char* text;
    const char* error;
  };
  for (const Case& c :
       {Case{"key:'a'", ""}, Case{"", "etcdserver: key is not provided"},
        Case{"key:'a' ignore_value:true value:'x'", "etcdserver: value is provided"},
        Case{"key:'a' ignore_value:true", ""},
        Case{"key:'a' ignore_lease:true lease:7", "etcdserver: lease is provided"},
        Case{"ignore_value:true value:'x'", "etcdserver: key is not provided"},
        Case{"key:'a' ignore_value:true ignore_lease:true value:'x' lease:7", "etcdserver: value is provided"}}) {
    CAPTURE(c.text);
    CHECK(check(parse<etcdserverpb::PutRequest>(c.text)).message == c.error);
  }
  CHECK(check(parse<etcdserverpb::DeleteRangeRequest>("range_end:'b'")).message == "etcdserver: key is not provided");
  CHECK(check(parse<etcdserverpb::DeleteRangeRequest>("key:'b'")).ok());
}

TEST_CASE("a range may name any order before 3.6, and a target that is one in all releases") {
  etcdserverpb::RangeRequest request;
  CHECK(check(request, k34).message == "etcdserver: key is not provided");
  request.set_key("a");
  request.set_sort_order(static_cast<etcdserverpb::RangeRequest::SortOrder>(7));
  CHECK(check(request, k34).ok());
  CHECK(check(request, k36).message == "etcdserver: invalid sort option");
  request.clear_sort_order();
  request.set_sort_target(static_cast<etcdserverpb::RangeRequest::SortTarget>(9));
  CHECK(check(request, k34).message == "etcdserver: invalid sort option");
}

TEST_CASE("a txn has so many operations in each list, and nested ones what their parents leave") {
  const std::string too_many = "etcdserver: too many operations in txn request";
  CHECK(txn_error(puts(128)) == "");
  CHECK(txn_error(puts(129)) == too_many);
  CHECK(txn_error(times(129, "compare{key:'a'}")) == too_many);
  CHECK(txn_error(puts(99) + "success{request_txn{" + puts(28, "n") + "}}") == "");
  CHECK(txn_error(puts(99) + "success{request_txn{" + puts(29, "n") + "}}") == too_many);
  CHECK(txn_error("failure{request_txn{" + times(128, "compare{key:'a'}") + "}}") == too_many);
}

TEST_CASE("each part of a txn is checked as it stands alone, compares first") {
  CHECK(txn_error("") == "");
  CHECK(txn_error("compare{} success{}") == "etcdserver: key is not provided");
  CHECK(txn_error("success{}") == "etcdserver: key not found");
  CHECK(txn_error("failure{request_put{key:'a' ignore_value:true value:'x'}}") == "etcdserver: value is provided");
  CHECK(txn_error("failure{request_txn{success{request_delete_range{}}}}") == "etcdserver: key is not provided");
}

TEST_CASE("a list of operations puts no key twice, nor one that it deletes") {
  const std::string put_a = "success{request_put{key:'a'}}", put_b = "success{request_put{key:'b'}}";
  const auto deletes = [](const std::string& key, const std::string& end) {
    return "success{request_delete_range{key:'" + key + "' range_end:'" + end + "'}}";
  };
  const auto nested = [](const std::string& then, const std::string& otherwise) {
    const auto list = [](const std::string& name, const std::string& key) {
      return key.empty() ? std::string() : name + "{request_put{key:'" + key + "'}}";
    };
    return "success{request_txn{" + list("success", then) + list("failure", otherwise) + "}}";
  };
  struct Case {
    const char* name;
    std::string text;
    bool overlaps;
  };
  for (const Case& c : {
           Case{"one put", put_a, false},
           Case{"a put twice", put_a + put_a, true},
           Case{"twice in failure", "failure{request_put{key:'a'}} failure{request_put{key:'a'}}", true},
           Case{"once in each branch", put_a + "failure{request_put{key:'a'}}", false},
           Case{"deleted before", deletes("a", "c") + put_b, true},
           Case{"deleted after", put_b + deletes("a", "c"), true},
           Case{"deleted up to it", put_b + deletes("a", "b"), false},
           Case{"deleted from it on", put_b + deletes("b", "c"), true},
           Case{"the key itself deleted", put_b + deletes("b", ""), true},
           Case{"a longer key deleted", put_b + deletes("ba", ""), false},
           Case{"all from a key on deleted", deletes("a", "\\000") + put_b, true},
           Case{"all from a later key on", deletes("c", "\\000") + put_b, false},
           Case{"an empty range deleted", deletes("c", "a") + put_b, false},
           Case{"overlapping deletes", deletes("a", "z") + deletes("b", ""), false},
           Case{"between two deletes", deletes("a", "b") + deletes("c", "d") + put_b, false},
           Case{"in joined deletes", deletes("a", "aa") + deletes("c", "d") + deletes("aa", "c") + put_b, true},
           Case{"both branches of a nested txn", nested("a", "a"), false},
           Case{"two nested txns", nested("a", "") + nested("", "a"), true},
           Case{"a nested put and one here", nested("a", "") + put_a, true},
           Case{"a nested put, deleted here", nested("", "b") + deletes("a", "c"), true},
           Case{"a nested delete, put here", put_b + "success{request_txn{" + deletes("a", "c") + "}}", true},
           Case{"a nested delete, put in a later one",
                "success{request_txn{" + deletes("a", "c") + "}}" + nested("b", ""), true},
       }) {
    CAPTURE(c.name);
    CHECK(txn_error(c.text) == (c.overlaps ? "etcdserver: duplicate key given in txn request" : ""));
  }
}

TEST_CASE("many puts beside many nested deletes are compared in no time") {
  etcdserverpb::TxnRequest txn;
  for (int i = 0; i < 64; ++i) {
    auto& nested = *txn.add_success()->mutable_request_txn();
    for (int k = 0; k < 64; ++k) {
      const std::string key = std::to_string(i * 64 + k);
      nested.add_success()->mutable_request_put()->set_key("p" + key);
      auto& range = *nested.add_failure()->mutable_request_delete_range();
      range.set_key("d" + key);
      range.set_range_end("d" + key + "~");
    }
  }
  CHECK(check(txn, kMaxOps, k34).ok());
  txn.mutable_success(63)->mutable_request_txn()->mutable_success(63)->mutable_request_put()->set_key("p0");
  CHECK_FALSE(check(txn, kMaxOps, k34).ok());
}

}  // namespace
}  // namespace viaduct::v3
