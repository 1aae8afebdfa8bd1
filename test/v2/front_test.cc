#include "v2/front.h"

#include <doctest/doctest.h>

#include "test/v2/loopback.h"

using namespace viaduct;
using namespace viaduct::v2;

namespace {

// Answers with its own name and the path it was given.
class Echo final : public Endpoint {
 public:
  explicit Echo(std::string name) : name_(std::move(name)) {}
  void serve(Exchange&& exchange) override {
    const std::string body = name_ + ' ' + exchange.path;
    exchange.reply(200, body);
  }

 private:
  const std::string name_;
};

struct Site {
  explicit Site(net::SiteAccessOptions options = {{"*"}, {}}) : access(std::move(options)) {
    front.add_subtree("/v2/keys", "HEAD,GET,PUT", keys);
    front.add("/version", "GET", version);
    front.add("/metrics", "", metrics);
  }
  net::SiteAccess access;
  Echo keys{"keys"}, version{"version"}, metrics{"metrics"};
  Front front{access};
  Loopback server{front};
};

bool has_line(const std::string& reply, const std::string& line) {
  return reply.find("\r\n" + line + "\r\n") != std::string::npos;
}
std::string body_of(const std::string& reply) { return reply.substr(reply.find("\r\n\r\n") + 4); }
int status_of(const std::string& reply) { return reply.size() > 12 ? std::stoi(reply.substr(9, 3)) : 0; }

}  // namespace

TEST_CASE("a request reaches the route of its path, or none") {
  const Site site;
  struct Case {
    const char* line;
    int status;
    const char* body;
  };
  for (const Case& c : {
           Case{"GET /v2/keys", 200, "keys /v2/keys"},
           Case{"GET /v2/keys/", 200, "keys /v2/keys/"},
           Case{"GET /v2/keys/a/b?x=y", 200, "keys /v2/keys/a/b"},
           Case{"PUT /v2/keys/a%2Fb%20c", 200, "keys /v2/keys/a/b c"},
           Case{"GET /v2/keysx", 404, "404 page not found\n"},
           Case{"GET /v2", 404, "404 page not found\n"},
           Case{"GET /", 404, "404 page not found\n"},
           Case{"GET /version", 200, "version /version"},
           Case{"GET /version/", 404, "404 page not found\n"},
           Case{"GET /versions", 404, "404 page not found\n"},
           Case{"POST /version", 405, "Method Not Allowed\n"},
           Case{"get /version", 405, "Method Not Allowed\n"},
           Case{"GE /version", 405, "Method Not Allowed\n"},
           Case{"BREW /metrics", 200, "metrics /metrics"},
           Case{"OPTIONS /nowhere", 200, ""},
           Case{"OPTIONS /v2/keys//a", 200, ""},
       }) {
    CAPTURE(c.line);
    const std::string reply = site.server.ask(std::string(c.line) + " HTTP/1.1\nHost: h\n");
    CHECK(status_of(reply) == c.status);
    CHECK(body_of(reply) == c.body);
    CHECK(has_line(reply, "Access-Control-Allow-Origin: *"));
  }
}

TEST_CASE("a refused method is told which ones there are") {
  const Site site;
  const std::string reply = site.server.ask("POST /v2/keys/a HTTP/1.1\nHost: h\n");
  CHECK(status_of(reply) == 405);
  CHECK(has_line(reply, "Allow: HEAD,GET,PUT"));
  CHECK(has_line(reply, "X-Content-Type-Options: nosniff"));
}

TEST_CASE("a path that is not clean is redirected before its route is looked up") {
  const Site site;
  struct Case {
    const char* line;
    const char* location;
    const char* body;
  };
  for (const Case& c : {
           Case{"GET /v2/keys//a?x=1&y=2", "/v2/keys/a?x=1&y=2",
                "<a href=\"/v2/keys/a?x=1&amp;y=2\">Moved Permanently</a>.\n\n"},
           Case{"PUT /v2/keys//a", "/v2/keys/a", ""},
           Case{"GET /v2/keys/a/../b/", "/v2/keys/b/", "<a href=\"/v2/keys/b/\">Moved Permanently</a>.\n\n"},
           Case{"DELETE /nowhere/./x", "/nowhere/x", ""},
           Case{"POST /v2/keys/%2e%2e/b", "/v2/b", ""},
       }) {
    CAPTURE(c.line);
    const std::string reply = site.server.ask(std::string(c.line) + " HTTP/1.1\nHost: h\n");
    CHECK(status_of(reply) == 301);
    CHECK(has_line(reply, std::string("Location: ") + c.location));
    CHECK(body_of(reply) == c.body);
  }
}

TEST_CASE("what must not reach the endpoints does not") {
  const Site site({{"http://one.example"}, {"good.example"}});
  CHECK(status_of(site.server.ask("GET /version HTTP/1.1\nHost: bad.example\n")) == 421);
  CHECK(status_of(site.server.ask("PUT /v2/keys/a HTTP/1.1\nHost: good.example\nOrigin: http://evil.example\n")) ==
        403);
  CHECK(status_of(site.server.ask("OPTIONS /nowhere HTTP/1.1\nHost: good.example\n")) == 200);
  const std::string reply = site.server.ask("GET /version HTTP/1.1\nHost: good.example\nOrigin: http://one.example\n");
  CHECK(has_line(reply, "Access-Control-Allow-Origin: http://one.example"));
  CHECK(body_of(reply) == "version /version");
}
