#include "server/discovery.h"

#include <doctest/doctest.h>

#include "test/server/fake_outside.h"
#include "test/support/quiet_log.h"

namespace viaduct::server {
namespace {

const std::string kUrl = "http://d/v2/keys/_etcd/registry/token";

// A directory of a discovery service, as the v2 API shows it.
class Service {
 public:
  explicit Service(std::string size) {
    if (!size.empty()) {
      world.answer("GET " + kUrl + "/_config/size", 200,
                   R"({"action":"get","node":{"key":"/size","value":")" + size + "\"}}");
    } else {
      world.answer("GET " + kUrl + "/_config/size", 404,
                   R"({"errorCode":100,"message":"Key not found","cause":"/x","index":7})");
    }
    world.answers["GET " + kUrl] = [this](const peer::HttpRequest& request) {
      if (request.target.find("wait=true") != std::string::npos) {
        on_wait();
        return reply_of(200, R"({"action":"create","node":{"key":"/x","createdIndex":9}})");
      }
      return list();
    };
  }

  void add(const std::string& id, const std::string& value) {
    members_.push_back({id, value, ++index_});
    world.answers.erase("PUT " + kUrl + "/" + id);
  }

  // The one that starts may register; nothing of its answer arrives for `lost` times, though the service has heard.
  void expect(const std::string& id, int lost = 0) {
    world.answers["PUT " + kUrl + "/" + id] = [this, id, lost](const peer::HttpRequest& request) mutable {
      CHECK(request.target.ends_with("?prevExist=false"));
      for (const Registration& member : members_) {
        if (member.id == id)
          return reply_of(412, R"({"errorCode":105,"message":"Key already exists","cause":"/x","index":7})");
      }
      registered = request.body;
      members_.push_back({id, "a=http://a:1", ++index_});
      if (lost-- > 0) return refused_connection();
      return reply_of(201, R"({"action":"create","node":{"key":"/x","createdIndex":9}})");
    };
  }

  FakeOutside world;
  std::function<void()> on_wait = [] { FAIL("waits for ever"); };
  std::string registered;

 private:
  struct Registration {
    std::string id, value;
    uint64_t created;
  };
  peer::HttpReply list() const {
    std::string nodes = R"({"key":"/registry/token/_config","dir":true,"createdIndex":1})";
    for (auto member = members_.rbegin(); member != members_.rend(); ++member) {  // the order says nothing
      nodes += R"(,{"key":"/registry/token/)" + member->id + R"(","value":")" + member->value + R"(","createdIndex":)" +
               std::to_string(member->created) + "}";
    }
    return reply_of(200, R"({"action":"get","node":{"key":"/registry/token","dir":true,"nodes":[)" + nodes + "]}}",
                    {{"X-Etcd-Index", std::to_string(index_)}});
  }
  std::vector<Registration> members_;
  uint64_t index_ = 1;
};

std::string text_of(const Result<InitialCluster>& cluster) {
  if (!cluster) return cluster.error().message;
  std::string text;
  for (const auto& [name, url] : *cluster) text += name + "=" + url.text + " ";
  return text;
}

Result<InitialCluster> join(Service& service) {
  QuietLog quiet;
  return discover(kUrl, MemberId(0xa), "a=http://a:1", service.world.outside());
}

TEST_CASE("the first members by registration are the cluster, and the rest are waited for") {
  Service service("3");
  service.add("b", "b=http://b:1");
  service.expect("a");
  int waits = 0;
  service.on_wait = [&] {
    if (++waits == 2) {  // the first event was about something else
      service.add("c", "c=http://c:1,c=http://c:2");
      service.add("d", "d=http://d:1");  // too late
    }
  };
  CHECK(text_of(join(service)) == "a=http://a:1 b=http://b:1 c=http://c:1 c=http://c:2 ");
  CHECK(service.registered == "value=a%3Dhttp%3A%2F%2Fa%3A1");
  CHECK(service.world.pauses.empty());
}

TEST_CASE("a discovery that cannot work ends with etcd's words") {
  struct Case {
    const char* what;
    const char* size;
    std::vector<std::pair<std::string, std::string>> members;
    const char* message;
  };
  for (const Case& c : {
           Case{"no such token", "", {}, "100: Key not found (/x) [7]"},
           Case{"a size that is none", "many", {}, "discovery: size key is bad"},
           Case{"a size of nothing", "0", {}, "discovery: size key is bad"},
           Case{"full", "1", {{"b", "b=http://b:1"}}, "discovery: cluster is full"},
           Case{"registered by an earlier life", "2", {{"a", "a=http://a:1"}}, "discovery: found duplicate id"},
           Case{"registered by an earlier life, and full",
                "1",
                {{"a", "a=http://a:1"}},
                "discovery: found duplicate id"},
           Case{"the same name", "2", {{"b", "a=http://b:1"}}, "discovery: found duplicate name"},
           Case{"nonsense", "2", {{"b", "b"}}, "discovery: invalid URL"},
       }) {
    CAPTURE(c.what);
    Service service(c.size);
    for (const auto& [id, value] : c.members) service.add(id, value);
    service.expect("a");
    CHECK(text_of(join(service)) == c.message);
  }
}

TEST_CASE("what is no discovery service is told from one that cannot be reached") {
  for (const char* body : {"<html>", "[]", "{}", "{\"action\":\"get\"}"}) {
    CAPTURE(body);
    Service service("1");
    service.world.answer("GET " + kUrl + "/_config/size", 200, body);
    CHECK(text_of(join(service)) == "discovery: bad discovery endpoint");
  }
  Service service("1");
  service.world.answer("GET " + kUrl + "/_config/size", 404, "page not found");
  CHECK(text_of(join(service)) == "discovery: bad discovery endpoint");
}

TEST_CASE("a service that cannot be reached is asked again, after longer and longer pauses") {
  for (const bool refuses : {true, false}) {
    CAPTURE(refuses);
    Service service("1");
    service.expect("a");
    const std::string request = "GET " + kUrl + "/_config/size";
    const auto answer = service.world.answers[request];
    if (refuses) {
      service.world.answers.erase(request);
    } else {
      service.world.answer(request, 503, "no leader");
    }
    service.world.on_pause = [&] {
      if (service.world.pauses.size() == 10) service.world.answers[request] = answer;
    };
    CHECK(text_of(join(service)) == "a=http://a:1 ");
    std::vector<std::chrono::nanoseconds> pauses;
    for (const int seconds : {2, 4, 8, 16, 32, 64, 128, 256, 256, 256})
      pauses.emplace_back(std::chrono::seconds(seconds));
    CHECK(service.world.pauses == pauses);
  }
}

TEST_CASE("a registration whose answer was lost is this member's own") {
  Service service("1");
  service.expect("a", 1);
  CHECK(text_of(join(service)) == "a=http://a:1 ");
  CHECK(service.world.pauses.size() == 1);
}

}  // namespace
}  // namespace viaduct::server
