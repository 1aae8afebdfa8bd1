#include "server/urls.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

TEST_CASE("a URL falls into scheme, host and port") {
  struct Case {
    const char* text;
    Scheme scheme;
    const char* host;
    uint16_t port;
    const char* shown;
  };
  for (const Case& c : {Case{"http://localhost:2379", Scheme::kHttp, "localhost", 2379, "http://localhost:2379"},
                        Case{"https://10.0.0.1:1", Scheme::kHttps, "10.0.0.1", 1, "https://10.0.0.1:1"},
                        Case{"HTTP://1.2.3.4:65535", Scheme::kHttp, "1.2.3.4", 65535, "http://1.2.3.4:65535"},
                        Case{"http://[::1]:2379", Scheme::kHttp, "::1", 2379, "http://[::1]:2379"},
                        Case{"http://0.0.0.0:0", Scheme::kHttp, "0.0.0.0", 0, "http://0.0.0.0:0"},
                        Case{"http://1.2.3.4:", Scheme::kHttp, "1.2.3.4", 0, "http://1.2.3.4:"},
                        Case{"unix://etcd.unix:1", Scheme::kUnix, "etcd.unix:1", 0, "unix://etcd.unix:1"},
                        Case{"unixs:///run/a.sock", Scheme::kUnixs, "/run/a.sock", 0, "unixs:///run/a.sock"}}) {
    CAPTURE(c.text);
    const auto url = parse_url(c.text);
    REQUIRE(url);
    CHECK(url->scheme == c.scheme);
    CHECK(url->host == c.host);
    CHECK(url->port == c.port);
    CHECK(url->text == c.shown);
  }
}

TEST_CASE("what is no such URL is refused in etcd's words") {
  struct Case {
    const char* text;
    const char* reason;
  };
  for (const Case& c : {
           Case{"", "URL scheme must be http, https, unix, or unixs: "},
           Case{"foo", "URL scheme must be http, https, unix, or unixs: foo"},
           Case{"ftp://1.2.3.4:1", "URL scheme must be http, https, unix, or unixs: ftp://1.2.3.4:1"},
           Case{"localhost:2379", "URL scheme must be http, https, unix, or unixs: localhost:2379"},
           Case{"1.2.3.4:1", "parse \"1.2.3.4:1\": first path segment in URL cannot contain colon"},
           Case{"http://1.2.3.4", "URL address does not have the form \"host:port\": http://1.2.3.4"},
           Case{"http://", "URL address does not have the form \"host:port\": http://"},
           Case{"http://::1:1", "URL address does not have the form \"host:port\": http://::1:1"},
           Case{"http://[::1]", "URL address does not have the form \"host:port\": http://[::1]"},
           Case{"http://[::1", "parse \"http://[::1\": missing ']' in host"},
           Case{"http://1.2.3.4:abc", "parse \"http://1.2.3.4:abc\": invalid port \":abc\" after host"},
           Case{"http://1.2.3.4:-1", "parse \"http://1.2.3.4:-1\": invalid port \":-1\" after host"},
           Case{"http://1.2.3.4:65536", "parse \"http://1.2.3.4:65536\": invalid port \":65536\" after host"},
           Case{"http://a b:1", "parse \"http://a b:1\": invalid character \" \" in host name"},
           Case{"http://1.2.3.4:1/", "URL must not contain a path: http://1.2.3.4:1/"},
           Case{"http://1.2.3.4:1/x", "URL must not contain a path: http://1.2.3.4:1/x"},
           Case{"unix://", "URL address does not have the form \"host:port\": unix://"},
       }) {
    CAPTURE(c.text);
    const auto url = parse_url(c.text);
    REQUIRE(!url);
    CHECK(url.error().message == c.reason);
  }
}

TEST_CASE("a list is sorted, trimmed, and on request without repetition") {
  const char* text = " http://b:2 ,http://a:1,http://b:2";
  CHECK(join_urls(*parse_urls(text, true)) == "http://a:1,http://b:2");
  CHECK(join_urls(*parse_urls(text, false)) == "http://a:1,http://b:2,http://b:2");
  CHECK(parse_urls("", true)->empty());
  CHECK(!parse_urls("http://a:1,", true));
  CHECK(!parse_urls(",", true));
}

TEST_CASE("only an address, localhost or a socket file can be listened on") {
  for (const char* good : {"http://localhost:1", "http://127.0.0.1:1", "http://[::]:1", "unix://any:1"}) {
    CAPTURE(good);
    CHECK(check_listen_urls(*parse_urls(good, true)));
  }
  for (const char* bad : {"http://example.com:1", "http://LOCALHOST:1", "http://:1", "http://1.2.3:1", "https://a:1"}) {
    CAPTURE(bad);
    const auto checked = check_listen_urls(*parse_urls(bad, true));
    REQUIRE(!checked);
    CHECK(checked.error().message == "expected IP in URL for binding (" + std::string(bad) + ")");
  }
}

TEST_CASE("what is advertised has a host") {
  CHECK(check_advertise_urls(*parse_urls("http://example.com:1,http://0.0.0.0:0", true)));
  const auto checked = check_advertise_urls(*parse_urls("http://:99", true));
  REQUIRE(!checked);
  CHECK(checked.error().message == "unexpected empty host (http://:99)");
}

}  // namespace
}  // namespace viaduct::server
