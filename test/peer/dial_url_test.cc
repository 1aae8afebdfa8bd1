#include "peer/dial_url.h"

#include <doctest/doctest.h>

namespace viaduct::peer {
namespace {

TEST_CASE("a URL says where to dial") {
  struct Case {
    const char* url;
    bool tls, unix_socket;
    const char* host;
    uint16_t port;
    const char* authority;
    const char* path;
  };
  for (const Case& c : {
           Case{"http://10.0.0.1:2380", false, false, "10.0.0.1", 2380, "10.0.0.1:2380", ""},
           Case{"http://10.0.0.1:2380/", false, false, "10.0.0.1", 2380, "10.0.0.1:2380", ""},
           Case{"https://node-1.example", true, false, "node-1.example", 443, "node-1.example", ""},
           Case{"http://node-1.example", false, false, "node-1.example", 80, "node-1.example", ""},
           Case{"http://[::1]:2380", false, false, "::1", 2380, "[::1]:2380", ""},
           Case{"http://[::1]", false, false, "::1", 80, "[::1]", ""},
           Case{"https://d.example/v2/keys/x/", true, false, "d.example", 443, "d.example", "/v2/keys/x"},
           Case{"unix://etcd.unix:1", false, true, "etcd.unix:1", 0, "localhost", ""},
           Case{"unixs:///run/v.sock", true, true, "/run/v.sock", 0, "localhost", ""},
       }) {
    CAPTURE(c.url);
    const auto url = parse_dial_url(c.url);
    REQUIRE(url);
    CHECK(url->tls == c.tls);
    CHECK(url->unix_socket == c.unix_socket);
    CHECK(url->host == c.host);
    CHECK(url->port == c.port);
    CHECK(url->authority == c.authority);
    CHECK(url->path == c.path);
  }
}

TEST_CASE("what cannot be dialled is refused, by name") {
  for (const char* text :
       {"", "10.0.0.1:2380", "ftp://a:1", "http://", "http://:2380", "http://a:0", "http://a:65536", "http://a:x",
        "http://::1:2380", "http://a b:1", "http://a:1?x=y", "unix://", "http://a:1\r\nX: y"}) {
    CAPTURE(text);
    const auto url = parse_dial_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == Code::kInvalidArgument);
    CHECK(url.error().message.find(text) != std::string::npos);
  }
}

}  // namespace
}  // namespace viaduct::peer
