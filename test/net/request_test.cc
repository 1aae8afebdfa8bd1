#include "net/request.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "net/reply.h"

using namespace viaduct::net;

TEST_CASE("a request keeps what was sent, also after it moved") {
  Request made("PUT", "/v2/keys/a%20b?x=1");
  made.add_header("Host", "h");
  made.add_header("X-Two", "1");
  made.add_header("x-two", "2");
  const Request request = std::move(made);
  CHECK(request.method() == Method::kPut);
  CHECK(request.method_text() == "PUT");
  CHECK(request.target() == "/v2/keys/a%20b?x=1");
  CHECK(request.raw_path() == "/v2/keys/a%20b");
  CHECK(request.raw_query() == "x=1");
  REQUIRE(request.header_count() == 3);
  CHECK(request.header(2).name == "x-two");
  CHECK(request.header(2).value == "2");
  CHECK(request.find_header("HOST") == "h");
  CHECK(request.find_header("X-TWO") == "1");
  CHECK(request.find_header("x-three") == "");
  CHECK(request.has_header("host"));
  CHECK_FALSE(request.has_header("hos"));
}

TEST_CASE("methods are known by their exact spelling") {
  CHECK(method_from("DELETE") == Method::kDelete);
  CHECK(method_from("delete") == Method::kOther);
  CHECK(method_from("") == Method::kOther);
  CHECK(is_safe(Method::kHead));
  CHECK_FALSE(is_safe(Method::kPut));
  CHECK_FALSE(is_safe(Method::kOther));
}

TEST_CASE("a reply's header value cannot end its line") {
  ReplyHeaders headers;
  headers.add("Location", std::string_view("/a\r\nX: y\0", 9));
  headers.add("X-Etcd-Index", 18446744073709551615u);
  CHECK(headers.lines() == "Location: /a  X: y \r\nX-Etcd-Index: 18446744073709551615\r\n");
  CHECK(headers.contains("x-etcd-index"));
  CHECK_FALSE(headers.contains("X"));
}

TEST_CASE("peer addresses are shown as people write them") {
  CHECK(PeerAddress().to_string() == "@");
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(4001);
  v4.sin_addr.s_addr = htonl(0x0a000001);
  CHECK(PeerAddress(reinterpret_cast<const sockaddr&>(v4)).to_string() == "10.0.0.1:4001");
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(2379);
  v6.sin6_addr = in6addr_loopback;
  CHECK(PeerAddress(reinterpret_cast<const sockaddr&>(v6)).to_string() == "[::1]:2379");
  inet_pton(AF_INET6, "::ffff:10.0.0.1", &v6.sin6_addr);
  CHECK(PeerAddress(reinterpret_cast<const sockaddr&>(v6)).to_string() == "10.0.0.1:2379");
}
