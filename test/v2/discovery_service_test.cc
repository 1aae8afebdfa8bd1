#include "v2/discovery_service.h"

#include <doctest/doctest.h>

#include <optional>

#include "test/v2/loopback.h"
#include "test/v3/no_engine.h"
#include "v2/front.h"

using namespace viaduct;
using namespace viaduct::v2;

namespace {

// Takes one write and answers it at once.
class OneWrite final : public v3::NoEngine {
 public:
  void propose(Command&& command, std::unique_ptr<v3bridge::Completion> completion) override {
    path = command.v2_write().path();
    value = command.v2_write().value();
    v3bridge::Outcome outcome;
    if (refuses) {
      outcome.body = v3bridge::Refusal{v3bridge::Refusal::Kind::kNoLeader, "etcdserver: no leader"};
    } else {
      outcome.body = v3bridge::V2Done{};
    }
    completion->done(std::move(outcome));
  }
  bool refuses = false;
  std::string path, value;
};

class Echo final : public Endpoint {
 public:
  void serve(Exchange&& exchange) override {
    const std::string body = "keys " + exchange.path;
    exchange.reply(200, body);
  }
};

struct Site {
  Site() {
    front.add("/new", "GET", new_token);
    front.add_subtree("", "", token_alone);
  }
  OneWrite engine;
  Echo keys;
  SeededRandom random{1};
  NewToken new_token{engine, random};
  TokenAlone token_alone{keys};
  net::SiteAccess access{{{"*"}, {}}};
  Front front{access};
  Loopback server{front};
};

std::string body_of(const std::string& reply) { return reply.substr(reply.find("\r\n\r\n") + 4); }
int status_of(const std::string& reply) { return reply.size() > 12 ? std::stoi(reply.substr(9, 3)) : 0; }

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

}  // namespace

TEST_CASE("a new token is a directory that says its size, and a URL where the client has come in") {
  struct Case {
    const char* target;
    const char* size;
  };
  for (const Case& c : {Case{"/new", "3"}, Case{"/new?size=1", "1"}, Case{"/new?size=1000", "1000"}}) {
    CAPTURE(c.target);
    Site site;
    const std::string reply =
        site.server.ask("GET " + std::string(c.target) + " HTTP/1.1\nHost: cluster.example:2379\n");
    CHECK(status_of(reply) == 200);
    CHECK(site.engine.value == c.size);
    REQUIRE(site.engine.path.size() ==
            std::string("/_etcd/registry/").size() + 32 + std::string("/_config/size").size());
    CHECK(site.engine.path.starts_with("/_etcd/registry/"));
    CHECK(site.engine.path.ends_with("/_config/size"));
    CHECK(body_of(reply) + "/_config/size" == "http://cluster.example:2379/v2/keys" + site.engine.path);
    const std::string first = site.engine.path;
    (void)site.server.ask("GET /new HTTP/1.1\nHost: x\n");
    CHECK(site.engine.path != first);
  }
}

TEST_CASE("a size that no cluster can have makes no token") {
  for (const char* size : {"0", "-1", "x", "", "1001", "3.5", "18446744073709551616"}) {
    CAPTURE(size);
    Site site;
    CHECK(status_of(site.server.ask("GET /new?size=" + std::string(size) + " HTTP/1.1\nHost: x\n")) == 400);
    CHECK(site.engine.path.empty());
  }
}

TEST_CASE("without a leader there is no token") {
  Site site;
  site.engine.refuses = true;
  const std::string reply = site.server.ask("GET /new HTTP/1.1\nHost: x\n");
  CHECK(status_of(reply) == 500);
  CHECK(body_of(reply) == "Unable to generate token: etcdserver: no leader\n");
}

TEST_CASE("a token alone stands for its directory, and nothing else does") {
  const std::string token = kToken;
  struct Case {
    std::string line;
    int status;
    std::string body;
  };
  const std::string directory = "keys /v2/keys/_etcd/registry/";
  Site site;
  for (const Case& c : {
           Case{"GET /" + token, 200, directory + token},
           Case{"GET /" + token + "?recursive=true", 200, directory + token},
           Case{"GET /" + token + "/_config/size", 200, directory + token + "/_config/size"},
           Case{"PUT /" + token + "/8e9e05c52164694d?prevExist=false", 200, directory + token + "/8e9e05c52164694d"},
           Case{"DELETE /" + token, 405, "Method Not Allowed\n"},
           Case{"GET /" + token.substr(1), 404, "404 page not found\n"},
           Case{"GET /" + token + "0", 404, "404 page not found\n"},
           Case{"GET /0123456789ABCDEF0123456789ABCDEF", 404, "404 page not found\n"},
           Case{"DELETE /x", 404, "404 page not found\n"},
           Case{"GET /", 404, "404 page not found\n"},
       }) {
    CAPTURE(c.line);
    const std::string reply = site.server.ask(c.line + " HTTP/1.1\nHost: x\n");
    CHECK(status_of(reply) == c.status);
    CHECK(body_of(reply) == c.body);
  }
}
