#include "test/conformance/normalise.h"

#include <doctest/doctest.h>

using namespace viaduct::conformance;

namespace {

const Frame kFrame{10, "127.0.0.1:1", "127.0.0.1:2", "abc123", 0, {}};

}  // namespace

TEST_CASE("bodies keep every byte but indexes, times, names and the order of listings") {
  struct Row {
    const char* name;
    const char* body;
    const char* expected;
  };
  for (const Row& row : {
           Row{"fields", R"({"modifiedIndex":12,"createdIndex":10,"index":7})",
               R"({"modifiedIndex":n+2,"createdIndex":n,"index":n-3})"},
           Row{"zero stays", R"({"index":0})", R"({"index":0})"},
           Row{"cause of a failed compare", R"([two != one] [1 != 12])", R"([two != one] [1 != n+2])"},
           Row{"cleared history", R"(cleared [11/3])", R"(cleared [n+1/3])"},
           Row{"in-order name", R"("/q/00000000000000000012")", R"("/q/<n+2>")"},
           Row{"addresses", R"(["http://127.0.0.1:1","http://127.0.0.1:2","abc123"])",
               R"(["http://<client>","http://<peer>","<member>"])"},
           Row{"an expiration with a trailing zero is malformed", R"("expiration":"2026-11-21T07:31:56.50Z")",
               R"("expiration":"2026-11-21T07:31:56.50Z")"},
           Row{"an expiration that is not UTC is malformed", R"("expiration":"2026-11-21T07:31:56+01:00")",
               R"("expiration":"2026-11-21T07:31:56+01:00")"},
           Row{"listings", R"({"nodes":[{"key":"/b","nodes":[{"key":"/b/2"},{"key":"/b/1"}]},{"key":"/a]\","}],"x":1})",
               R"({"nodes":[{"key":"/a]\","},{"key":"/b","nodes":[{"key":"/b/1"},{"key":"/b/2"}]}],"x":1})"},
       }) {
    CAPTURE(row.name);
    CHECK(normalise_body(row.body, kFrame, false) == row.expected);
  }
}

TEST_CASE("a sorted listing keeps its order") {
  CHECK(normalise_body(R"({"nodes":[{"key":"/b"},{"key":"/a"}]})", kFrame, true) ==
        R"({"nodes":[{"key":"/b"},{"key":"/a"}]})");
}

TEST_CASE("headers are hidden only when they are well-formed") {
  CHECK(normalise_header("X-Etcd-Index", "12", kFrame) == "n+2");
  CHECK(normalise_header("X-Etcd-Cluster-Id", "cdf818194e3a8c32", kFrame) == "<hexadecimal>");
  CHECK(normalise_header("X-Etcd-Cluster-Id", "0CDF", kFrame) == "0CDF");
  CHECK(normalise_header("X-Raft-Term", "x", kFrame) == "x");
  CHECK(normalise_header("Date", "Sat, 21 Nov 2026 09:49:18 GMT", kFrame) == "<date>");
  CHECK(normalise_header("Date", "yesterday", kFrame) == "yesterday");
  CHECK(normalise_header("Content-Type", "application/json", kFrame) == "application/json");
}

TEST_CASE("only remaining times may differ, by one second") {
  CHECK(same_answer(R"("ttl":100 <now+100s>)", R"("ttl":99 <now+99s>)"));
  CHECK(!same_answer(R"("ttl":100)", R"("ttl":98)"));
  CHECK(!same_answer(R"("ttl":100)", R"("tty":100)"));
  CHECK(!same_answer(R"("ttl":100)", R"("ttl":100,"ttl":100)"));
  CHECK(!same_answer(R"("index":n+1)", R"("index":n+2)"));
}

TEST_CASE("a star in an announced answer stands for anything") {
  CHECK(like("a*c", "abc"));
  CHECK(like("a*c", "ac"));
  CHECK(like("*", ""));
  CHECK(like("a[1]", "a[1]"));
  CHECK_FALSE(like("a*c", "abcd"));
  CHECK_FALSE(like("", "a"));
}

TEST_CASE("numbers are relative to where the case began") {
  CHECK(relative_number("r", 12, 10) == "r+2");
  CHECK(relative_number("r", 10, 10) == "r");
  CHECK(relative_number("r", 9, 10) == "r-1");
  CHECK(relative_number("r", 0, 10) == "0");
  CHECK(relative_number("r", -1, 10) == "-1");
}
