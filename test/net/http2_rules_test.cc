#include "net/http2_rules.h"

#include <doctest/doctest.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace viaduct::net;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

const Fields kGood = {{":method", "POST"}, {":scheme", "http"}, {":path", "/a"}, {":authority", "h:1"}};

bool is_good(const Fields& fields) {
  Http2Rules rules;
  for (const auto& [name, value] : fields) {
    if (!rules.add(name, value)) return false;
  }
  return rules.complete();
}

Fields with(const std::string& name, const std::string& value) {
  Fields fields = kGood;
  fields.emplace_back(name, value);
  return fields;
}

}  // namespace

TEST_CASE("an authority is whatever a client calls its target") {
  for (const char* authority : {"127.0.0.1:2379", "http://127.0.0.1:2379", "#initially=[http://127.0.0.1:2379;h:1]",
                                "unix:/tmp/socket", "a b", "\xc3\xbc", ""}) {
    CAPTURE(authority);
    CHECK(is_good({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", authority}}));
  }
  CHECK_FALSE(is_good({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a\r\nb"}}));
}

TEST_CASE("a request needs a method, a scheme and a path, each once and before the other fields") {
  CHECK(is_good(kGood));
  for (size_t left_out = 0; left_out < 3; ++left_out) {
    Fields fields = kGood;
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(left_out));
    CAPTURE(left_out);
    CHECK_FALSE(is_good(fields));
  }
  for (const auto& [name, value] : kGood) {
    CAPTURE(name);
    CHECK_FALSE(is_good(with(name, value)));
  }
  CHECK_FALSE(is_good({{":method", "GET"}, {":scheme", "http"}, {"a", "b"}, {":path", "/"}}));
}

TEST_CASE("fields that may stand in HTTP/2, and such that may not") {
  struct Row {
    const char* name;
    std::string value;
    bool good;
  };
  for (const Row& row : {
           Row{"a", "b", true},
           Row{"a", "", true},
           Row{"a-b_c.d", "x y", true},
           Row{"A", "b", false},
           Row{"a b", "c", false},
           Row{"", "b", false},
           Row{"a", "b\n", false},
           Row{"a", std::string(1, '\0'), false},
           Row{"a", " b", false},
           Row{"a", "b ", false},
           Row{"te", "trailers", true},
           Row{"te", "gzip", false},
           Row{"connection", "close", false},
           Row{"transfer-encoding", "chunked", false},
           Row{"upgrade", "h2c", false},
           Row{":status", "200", false},
           Row{":protocol", "websocket", false},
       }) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    CHECK(is_good(with(row.name, row.value)) == row.good);
  }
}

TEST_CASE("a path and a method are of the bytes that they may have") {
  for (const auto& [method, path, good] :
       {std::tuple("GET", "/", true), std::tuple("OPTIONS", "*", true), std::tuple("GET", "", false),
        std::tuple("GET", "/a b", false), std::tuple("G T", "/", false), std::tuple("", "/", false)}) {
    CAPTURE(method);
    CAPTURE(path);
    CHECK(is_good({{":method", method}, {":scheme", "http"}, {":path", path}}) == good);
  }
}

TEST_CASE("a length is one number") {
  Http2Rules rules;
  CHECK_FALSE(rules.content_length());
  CHECK(rules.add("content-length", "17"));
  CHECK(rules.content_length() == 17u);
  CHECK_FALSE(rules.add("content-length", "17"));
  for (const char* value : {"", "-1", "1 ", "1,1", "0x1", "18446744073709551616"}) {
    rules.begin();
    CAPTURE(value);
    CHECK_FALSE(rules.add("content-length", value));
  }
}

TEST_CASE("trailers have no pseudo-header fields") {
  CHECK(Http2Rules::is_trailer("grpc-status", "0"));
  CHECK_FALSE(Http2Rules::is_trailer(":path", "/"));
  CHECK_FALSE(Http2Rules::is_trailer("Upper", "x"));
  CHECK_FALSE(Http2Rules::is_trailer("connection", "close"));
}
