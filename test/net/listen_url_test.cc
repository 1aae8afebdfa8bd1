#include "net/listen_url.h"

#include <doctest/doctest.h>

using viaduct::net::parse_listen_url;

TEST_CASE("listen URLs name a scheme, a host and a port, or a path") {
  struct Case {
    const char* url;
    bool tls;
    const char* host;
    int port;
    const char* path;
  };
  for (const Case& c :
       {Case{"http://localhost:2379", false, "localhost", 2379, ""},
        Case{"https://10.0.0.1:1/", true, "10.0.0.1", 1, ""}, Case{"http://[::1]:65535", false, "::1", 65535, ""},
        Case{"http://:0", false, "", 0, ""}, Case{"unix:///run/v.sock", false, "", 0, "/run/v.sock"},
        Case{"unixs://a:1", true, "", 0, "a:1"}}) {
    CAPTURE(c.url);
    const auto parsed = parse_listen_url(c.url);
    REQUIRE(parsed);
    CHECK(parsed->tls == c.tls);
    CHECK(parsed->unix_socket == (c.path[0] != '\0'));
    CHECK(parsed->host == c.host);
    CHECK(parsed->port == c.port);
    CHECK(parsed->path == c.path);
    CHECK(parsed->text == c.url);
  }
}

TEST_CASE("other listen URLs are refused, naming them") {
  for (const char* url : {"", "localhost:2379", "ftp://a:1", "http://a", "http://a:", "http://a:65536", "http://a:-1",
                          "http://a:1x", "http://a:1/x", "http://u@a:1", "http://::1:80", "http://[::1]", "unix://"}) {
    CAPTURE(url);
    const auto parsed = parse_listen_url(url);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find(std::string("\"") + url + "\"") != std::string::npos);
  }
}
