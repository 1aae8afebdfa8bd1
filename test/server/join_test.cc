#include "server/join.h"

#include <doctest/doctest.h>

#include "server/config_cluster.h"
#include "server/join_by_peers.h"
#include "test/server/fake_outside.h"
#include "test/support/quiet_log.h"

namespace viaduct::server {
namespace {

constexpr const char* kTwo =
    R"([{"id":16,"peerURLs":["http://10.0.0.1:1"],"name":"a","clientURLs":["http://10.0.0.1:9"]},)"
    R"({"id":17,"peerURLs":["http://10.0.0.2:1"]}])";

Config joining(const std::string& initial_cluster) {
  Config config;
  config.name = std::string("b");
  config.initial_cluster_existing = true;
  config.initial_cluster = *parse_initial_cluster(initial_cluster);
  config.initial_advertise_peer_urls = *parse_urls("http://10.0.0.2:1", true);
  return config;
}

TEST_CASE("one that joins takes its id, and the cluster's, from a member that runs") {
  QuietLog quiet;
  FakeOutside world;
  world.add_member("http://one:1", kTwo);
  world.add_member("http://10.0.0.1:1", kTwo);
  const auto identity = join_cluster(joining("a=http://one:1,b=http://two:1"), world.outside());
  REQUIRE_MESSAGE(identity, (identity ? "" : identity.error().message));
  CHECK(identity->cluster == ClusterId(0xc1));
  CHECK(identity->member == MemberId(17));
  CHECK(!identity->founding.founds);
  REQUIRE(identity->founding.members.size() == 1);
  CHECK(identity->founding.members[0] ==
        v3bridge::Member{MemberId(16), "a", {"http://10.0.0.1:1"}, {"http://10.0.0.1:9"}});
}

TEST_CASE("whoever answers first is believed, and this member itself is not asked") {
  QuietLog quiet;
  FakeOutside world;
  world.answer("GET http://10.0.0.3:1/members", 200, "[]", {{"X-Etcd-Cluster-Id", "c1"}});
  world.answer("GET http://10.0.0.4:1/members", 200, "nonsense", {{"X-Etcd-Cluster-Id", "c1"}});
  world.answer("GET http://10.0.0.5:1/members", 200, "[]", {{"X-Etcd-Cluster-Id", "zz"}});
  const auto failed = join_cluster(
      joining("b=http://10.0.0.2:1,c=http://10.0.0.3:1,d=http://10.0.0.4:1,e=http://10.0.0.5:1,f=http://10.0.0.6:1"),
      world.outside());
  REQUIRE(!failed);
  CHECK(failed.error().message ==
        "cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs");
  CHECK(world.asked == std::vector<std::string>{"GET http://10.0.0.3:1/members", "GET http://10.0.0.4:1/members",
                                                "GET http://10.0.0.5:1/members", "GET http://10.0.0.6:1/members"});
}

TEST_CASE("lists that do not pair up are refused in etcd's words") {
  QuietLog quiet;
  const std::string shown =
      "error validating peerURLs {ClusterID:c1 Members:[&{ID:10 RaftAttributes:{PeerURLs:[http://10.0.0.1:1] "
      "IsLearner:false} Attributes:{Name:a ClientURLs:[http://10.0.0.1:9]}} &{ID:11 "
      "RaftAttributes:{PeerURLs:[http://10.0.0.2:1] IsLearner:false} Attributes:{Name: ClientURLs:[]}}] "
      "RemovedMemberIDs:[]}: ";
  struct Case {
    const char* initial_cluster;
    std::string message;
  };
  for (const Case& c : {
           Case{"a=http://10.0.0.1:1,b=http://10.0.0.2:1,c=http://10.0.0.3:1", shown + "member count is unequal"},
           Case{"a=http://10.0.0.1:1,b=http://10.0.0.9:1",
                shown + "PeerURLs: no match found for existing member (11, [http://10.0.0.2:1]), last resolver error "
                        "(resolved urls: \"http://10.0.0.2:1\" != \"http://10.0.0.9:1\")"},
           Case{"a=http://10.0.0.1:1,b=http://10.0.0.2:1,b=http://10.0.0.2:2",
                shown + "PeerURLs: no match found for existing member (11, [http://10.0.0.2:1]), last resolver error "
                        "(len([\"http://10.0.0.2:1\"]) != len([\"http://10.0.0.2:1\" \"http://10.0.0.2:2\"]))"},
       }) {
    CAPTURE(c.initial_cluster);
    FakeOutside world;
    world.add_member("http://10.0.0.1:1", kTwo);
    const auto failed = join_cluster(joining(c.initial_cluster), world.outside());
    REQUIRE(!failed);
    CHECK(failed.error().message == c.message);
  }
}

TEST_CASE("members of another kind or of a later version are not joined") {
  QuietLog quiet;
  struct Case {
    const char* what;
    const char* version;
    const char* server;
    const char* message;  // null: fine
  };
  for (const Case& c : {
           Case{"the same", "3.5.0", "viaduct/9", nullptr},
           Case{"an earlier one", "3.4.0", "viaduct/9", nullptr},
           Case{"a later one", "3.6.0", "viaduct/9", "incompatible with current running cluster"},
           Case{"not known yet", "not_decided", "viaduct/9", "incompatible with current running cluster"},
           Case{"etcd", "3.5.0", "", "incompatible with current running cluster (http://10.0.0.1:1 is no viaduct)"},
       }) {
    CAPTURE(c.what);
    FakeOutside world;
    world.add_member("http://10.0.0.1:1", kTwo);
    world.answer("GET http://10.0.0.1:1/version", 200,
                 R"({"etcdserver":"3.5.21","etcdcluster":")" + std::string(c.version) + "\"}", {{"Server", c.server}});
    const auto identity = join_cluster(joining("a=http://10.0.0.1:1,b=http://10.0.0.2:1"), world.outside());
    CHECK(identity.has_value() == (c.message == nullptr));
    if (!identity && c.message) CHECK(identity.error().message == c.message);
  }
}

// A cluster of one that can be asked to grow.
struct Growing {
  Growing() {
    world.add_member("http://10.0.0.1:1",
                     R"([{"id":16,"peerURLs":["http://10.0.0.1:1"],"clientURLs":["http://c:9"]}])");
    world.answers["POST http://c:9/v2/members"] = [this](const peer::HttpRequest& request) {
      CHECK(request.body == R"({"peerURLs":["http://10.0.0.2:1"]})");
      if (refusals-- > 0) return reply_of(500, R"({"message":"Internal Server Error"})");
      world.add_member("http://10.0.0.1:1", kTwo);
      return reply_of(201, "{}");
    };
    config = joining("b=http://10.0.0.2:1");
    config.initial_cluster_existing = false;
    config.join_peers = {"http://10.0.0.9:1", "http://10.0.0.1:1"};
  }
  FakeOutside world;
  Config config;
  int refusals = 0;
};

TEST_CASE("by 0.4's -peers a member is added where it is not known, and joins") {
  QuietLog quiet;
  Growing growing;
  growing.refusals = 2;
  const auto identity = join_by_peers(growing.config, growing.world.outside());
  REQUIRE_MESSAGE(identity, (identity ? "" : identity.error().message));
  CHECK(identity->member == MemberId(17));
  CHECK(identity->cluster == ClusterId(0xc1));
  CHECK(!identity->founding.founds);
  CHECK(growing.world.pauses.size() == 2);
}

TEST_CASE("-peers are asked only so often") {
  QuietLog quiet;
  Growing growing;
  growing.refusals = 99;
  const auto failed = join_by_peers(growing.config, growing.world.outside());
  REQUIRE(!failed);
  CHECK(failed.error().message ==
        "cannot join the cluster by -peers after 3 attempts: http://c:9 answered 500 {\"message\":\"Internal Server "
        "Error\"}");
  CHECK(growing.world.pauses == std::vector<std::chrono::nanoseconds>(2, growing.config.join_retry_interval));
}

TEST_CASE("by -peers a member that was added by hand joins, and one that has run does not come again") {
  QuietLog quiet;
  Growing growing;
  growing.world.add_member("http://10.0.0.1:1", kTwo);
  CHECK(join_by_peers(growing.config, growing.world.outside())->member == MemberId(17));
  growing.config.initial_advertise_peer_urls = *parse_urls("http://10.0.0.1:1", true);
  CHECK(join_by_peers(growing.config, growing.world.outside()).error().message ==
        "member 10 has already been bootstrapped");
  CHECK(growing.world.pauses.empty());
}

}  // namespace
}  // namespace viaduct::server
