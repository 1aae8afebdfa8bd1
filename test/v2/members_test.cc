#include "v2/members.h"

#include <doctest/doctest.h>

#include <string>

#include "test/v2/loopback.h"
#include "test/v3bridge/bridge_engine.h"
#include "v2/front.h"
#include "v2/info.h"
#include "v2/peer_members.h"
#include "v2/peer_promotion.h"

namespace viaduct::v2 {
namespace {

using v3bridge::BridgeEngine;
using v3bridge::Refusal;

constexpr const char* kSelf = R"({"id":"a","name":"self","peerURLs":["http://a:1"],"clientURLs":["http://a:2"]})";
constexpr const char* kOther = R"({"id":"b","name":"","peerURLs":["http://b:1"],"clientURLs":[]})";
constexpr const char* kLearner = R"({"id":"c","name":"","peerURLs":["http://c:1"],"clientURLs":[]})";

// Voters a, which has started, and b; a learner c; d was removed. An added member's id is 0x100 and its first URL's
// length.
class MembersServer {
 public:
  MembersServer() {
    front_.add_subtree("/v2/members", "GET,POST,DELETE,PUT", members_);
    front_.add("/v2/machines", "GET,HEAD", machines_);
    front_.add("/members", "GET", peer_members_);
    front_.add_subtree(kPromotionRoute, "POST", peer_promotion_);
    Command founding;
    for (const auto& [id, url] : {std::pair(0xa, "http://a:1"), std::pair(0xb, "http://b:1")}) {
      SetMember& founder = *founding.mutable_initialize()->add_members();
      founder.set_id(static_cast<uint64_t>(id));
      founder.add_peer_urls(url);
    }
    engine.apply(founding);
    Command announcement;
    announcement.mutable_set_member()->set_id(0xa);
    announcement.mutable_set_member()->set_name("self");
    announcement.mutable_set_member()->add_client_urls("http://a:2");
    engine.apply(announcement);
    add(0xc, "http://c:1", true);
    add(0xd, "http://d:1", false);
    Command removal;
    removal.mutable_member_remove()->set_id(0xd);
    engine.apply(removal);
  }

  // "204 ", "410 {...}": status and body.
  std::string ask(const std::string& method, const std::string& path, const std::string& body = "",
                  const std::string& type = "application/json") {
    const std::string length = "Content-Length: " + std::to_string(body.size());
    reply_ =
        loopback_.ask(method + ' ' + path + " HTTP/1.1\nHost: x\nContent-Type: " + type + '\n' + length + '\n', body);
    const size_t end = reply_.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    return reply_.substr(9, 4) + reply_.substr(end + 4);
  }
  const std::string& whole_reply() const { return reply_; }

  BridgeEngine engine;

 private:
  void add(uint64_t id, const char* url, bool learner) {
    Command command;
    command.mutable_member_add()->set_id(id);
    command.mutable_member_add()->add_peer_urls(url);
    command.mutable_member_add()->set_is_learner(learner);
    command.mutable_member_add()->set_max_learners(1);
    engine.apply(command);
  }

  static Result<void> check_url(const std::string& url) {
    if (url.starts_with("http://")) return {};
    return Error{Code::kInvalidArgument, "URL scheme must be http, https, unix, or unixs: " + url};
  }

  Members members_{
      engine, {check_url, [](const std::vector<std::string>& urls) { return MemberId(0x100 + urls.front().size()); }}};
  Machines machines_{engine};
  PeerMembers peer_members_{engine};
  PeerPromotion peer_promotion_{engine};
  net::SiteAccess access_{{{"*"}, {"*"}}};
  Front front_{access_};
  Loopback loopback_{front_};
  std::string reply_;
};

std::string peers(const std::string& url) { return "{\"peerURLs\":[\"" + url + "\"]}"; }

TEST_CASE("members are shown by id, learners like others, and the leader alone") {
  MembersServer server;
  const std::string all = std::string("200 {\"members\":[") + kSelf + ',' + kOther + ',' + kLearner + "]}\n";
  CHECK(server.ask("GET", "/v2/members") == all);
  CHECK(server.whole_reply().find("X-Etcd-Cluster-Id: c\r\n") != std::string::npos);
  CHECK(server.ask("GET", "/v2/members/") == all);
  CHECK(server.ask("GET", "/v2/members/a") == "404 {\"message\":\"Not found\"}");
  CHECK(server.ask("GET", "/v2/members/leader") == std::string("200 ") + kSelf + '\n');
  server.engine.raft.leader = {};
  CHECK(server.ask("GET", "/v2/members/leader") == "503 {\"message\":\"During election\"}");
  CHECK(server.ask("GET", "/v2/machines") == "200 http://a:2");
}

TEST_CASE("a peer is told the members in its own shape, and who is a learner") {
  MembersServer server;
  CHECK(server.ask("GET", "/members") ==
        "200 [{\"id\":10,\"peerURLs\":[\"http://a:1\"],\"name\":\"self\",\"clientURLs\":[\"http://a:2\"]},"
        "{\"id\":11,\"peerURLs\":[\"http://b:1\"]},{\"id\":12,\"peerURLs\":[\"http://c:1\"],\"isLearner\":true}]\n");
  CHECK(server.whole_reply().find("X-Etcd-Cluster-Id: c\r\n") != std::string::npos);
}

TEST_CASE("changes of the membership are answered with etcd's codes and texts") {
  struct Case {
    const char* name;
    const char* method;
    std::string path;
    std::string body;
    std::string answer;
    const char* type = "application/json";
  };
  const std::string internal = "500 {\"message\":\"Internal Server Error\"}";
  const std::string used = "409 {\"message\":\"membership: peerURL exists\"}";
  for (const Case& c : {
           Case{"add", "POST", "", R"({"peerURLs":["http://x:22","http://x:1"]})",
                "201 {\"id\":\"10a\",\"name\":\"\",\"peerURLs\":[\"http://x:1\",\"http://x:22\"],\"clientURLs\":[]}\n"},
           Case{"add below any path", "POST", "/any/path", peers("http://x:1"),
                "201 {\"id\":\"10a\",\"name\":\"\",\"peerURLs\":[\"http://x:1\"],\"clientURLs\":[]}\n"},
           Case{"add a used URL", "POST", "", peers("http://c:1"), used},
           Case{"add no JSON", "POST", "", "{", "400 {\"message\":\"unexpected end of JSON input\"}"},
           Case{"add no URL", "POST", "", "{}", "400 {\"message\":\"no valid URLs given\"}"},
           Case{"add a bad URL", "POST", "", peers("foo"),
                "400 {\"message\":\"URL scheme must be http, https, unix, or unixs: foo\"}"},
           Case{"add a form", "POST", "", "",
                "415 {\"message\":\"Bad Content-Type text/plain, accept application/json\"}", "text/plain"},
           Case{"remove", "DELETE", "/b", "", "204 "},
           Case{"remove a learner, its id in other letters", "DELETE", "/00C", "", "204 "},
           Case{"remove again", "DELETE", "/d", "", "410 {\"message\":\"Member permanently removed: d\"}"},
           Case{"remove an unknown one", "DELETE", "/0F", "", "404 {\"message\":\"No such member: f\"}"},
           Case{"remove no id", "DELETE", "/xyz", "", "404 {\"message\":\"No such member: xyz\"}"},
           Case{"remove nobody", "DELETE", "", "", "405 Method Not Allowed\n"},
           Case{"update", "PUT", "/b", peers("http://x:1"), "204 "},
           Case{"update with its own URL", "PUT", "/b", peers("http://b:1"), "204 "},
           Case{"update with another's URL", "PUT", "/b", peers("http://a:1"), used},
           Case{"update an unknown one", "PUT", "/f", peers("http://x:1"), "404 {\"message\":\"No such member: f\"}"},
           Case{"update a removed one", "PUT", "/d", peers("http://x:1"), internal},
           Case{"update nobody", "PUT", "", peers("http://x:1"), "405 Method Not Allowed\n"},
           Case{"update a bad id with a bad body", "PUT", "/xyz", "{", "404 {\"message\":\"No such member: xyz\"}"},
           Case{"update an unknown one with a bad body", "PUT", "/f", "{",
                "400 {\"message\":\"unexpected end of JSON input\"}"},
       }) {
    CAPTURE(c.name);
    MembersServer server;
    CHECK(server.ask(c.method, "/v2/members" + c.path, c.body, c.type) == c.answer);
  }
}

TEST_CASE("the same id twice, and the last voter") {
  MembersServer server;
  server.ask("POST", "/v2/members", peers("http://x:1"));
  CHECK(server.ask("POST", "/v2/members", peers("http://y:1")) == "409 {\"message\":\"membership: ID exists\"}");
  CHECK(server.ask("DELETE", "/v2/members/10a") == "204 ");
  CHECK(server.ask("DELETE", "/v2/members/b") == "204 ");
  CHECK(server.ask("DELETE", "/v2/members/a") == "500 {\"message\":\"Internal Server Error\"}");
}

TEST_CASE("a peer that asks for a promotion is answered with etcd's codes and texts") {
  struct Case {
    const char* name;
    const char* id;
    std::string answer;
    const char* refusal = nullptr;
    Refusal::Kind kind = Refusal::Kind::kTimeout;
  };
  const std::string list =
      "200 [{\"id\":10,\"peerURLs\":[\"http://a:1\"],\"name\":\"self\",\"clientURLs\":[\"http://a:2\"]},"
      "{\"id\":11,\"peerURLs\":[\"http://b:1\"]},{\"id\":12,\"peerURLs\":[\"http://c:1\"]}]\n";
  const std::string internal = "500 {\"message\":\"Internal Server Error\"}";
  const char* const lags = "etcdserver: can only promote a learner member which is in sync with leader";
  for (const Case& c : {
           Case{"a learner", "/12", list},
           Case{"a voter", "/11", "412 membership: can only promote a learner member\n"},
           Case{"an unknown one", "/42", "404 membership: ID not found\n"},
           Case{"a removed one", "/13", internal},
           Case{"a word", "/abc", "404 member abc not found in cluster\n"},
           Case{"a hexadecimal number", "/0xc", "404 member 0xc not found in cluster\n"},
           Case{"a negative number", "/-1", "404 member -1 not found in cluster\n"},
           Case{"too large a number", "/18446744073709551616",
                "404 member 18446744073709551616 not found in cluster\n"},
           Case{"a path below", "/12/", "404 member 12/ not found in cluster\n"},
           Case{"nobody", "/", "404 member  not found in cluster\n"},
           Case{"a learner that lags", "/12", std::string("412 ") + lags + '\n', lags, Refusal::Kind::kLearnerNotReady},
           Case{"without a leader", "/12", internal, "etcdserver: request timed out"},
           Case{"without a quorum", "/12", internal, "etcdserver: unhealthy cluster", Refusal::Kind::kUnhealthy},
       }) {
    CAPTURE(c.name);
    MembersServer server;
    if (c.refusal) server.engine.refuse_next(c.refusal, c.kind);
    CHECK(server.ask("POST", std::string("/members/promote") + c.id) == c.answer);
    CHECK(server.whole_reply().find("X-Etcd-Cluster-Id: c\r\n") != std::string::npos);
  }
  MembersServer server;
  CHECK(server.ask("GET", "/members/promote/12") == "405 Method Not Allowed\n");
  CHECK(server.whole_reply().find("Allow: POST\r\n") != std::string::npos);
}

TEST_CASE("what the leader refuses, or nobody answers, is an internal error without a word") {
  for (const Refusal::Kind kind : {Refusal::Kind::kNotEnoughStarted, Refusal::Kind::kUnhealthy, Refusal::Kind::kTimeout,
                                   Refusal::Kind::kNoLeader}) {
    MembersServer server;
    for (const char* method : {"POST", "PUT", "DELETE"}) {
      server.engine.refuse_next("etcdserver: refused", kind);
      CHECK(server.ask(method, "/v2/members/b", peers("http://x:1")) == "500 {\"message\":\"Internal Server Error\"}");
    }
  }
}

}  // namespace
}  // namespace viaduct::v2
