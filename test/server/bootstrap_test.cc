#include "server/bootstrap.h"

#include <doctest/doctest.h>

#include "server/config_cluster.h"
#include "test/server/fake_outside.h"
#include "test/support/fake_disk.h"
#include "test/support/quiet_log.h"

namespace viaduct::server {
namespace {

Config config_of(const std::string& initial_cluster) {
  Config config;
  config.name = std::string("a");
  config.data_dir = "/d";
  config.initial_cluster = *parse_initial_cluster(initial_cluster);
  config.initial_advertise_peer_urls = *parse_urls("http://10.0.0.1:1", true);
  return config;
}

Result<Identity> start(FakeDisk& disk, const Config& config, FakeOutside& world) {
  QuietLog quiet;
  auto directory = DataDirectory::open(disk, "/d", "");
  REQUIRE(directory);
  return bootstrap(config, *directory, world.outside());
}

TEST_CASE("a founder is written down, and goes on as such whatever it is told later") {
  FakeDisk disk;
  FakeOutside world;
  const auto identity = start(disk, config_of("a=http://10.0.0.1:1,b=http://10.0.0.2:1"), world);
  REQUIRE_MESSAGE(identity, (identity ? "" : identity.error().message));
  CHECK(identity->founding.members.size() == 2);
  CHECK(world.asked == std::vector<std::string>{"GET http://10.0.0.2:1/members"});

  Config other = config_of("x=http://10.0.0.9:1");
  other.initial_cluster_existing = true;
  other.discovery = "http://d/t";
  world.asked.clear();
  CHECK(*start(disk, other, world) == *identity);
  CHECK(world.asked.empty());
}

TEST_CASE("a member that others know to have run is not made anew") {
  const Config config = config_of("a=http://10.0.0.1:1,b=http://10.0.0.2:1");
  const std::string id = std::to_string(derive_member_id({"http://10.0.0.1:1"}, "etcd-cluster").value);
  for (const bool has_run : {false, true}) {
    CAPTURE(has_run);
    FakeDisk disk;
    FakeOutside world;
    world.add_member("http://10.0.0.2:1", R"([{"id":)" + id + R"(,"peerURLs":["http://10.0.0.1:1"])" +
                                              (has_run ? R"(,"clientURLs":["http://10.0.0.1:9"])" : "") + "}]");
    const auto identity = start(disk, config, world);
    CHECK(identity.has_value() == !has_run);
    if (!identity) CHECK(identity.error().message.ends_with(" has already been bootstrapped"));
    CHECK(disk.list("/d")->size() == (has_run ? 1 : 3));  // the lock, and what says who this is
  }
}

TEST_CASE("each way to start has its own conditions") {
  FakeOutside world;
  world.answer("GET http://d/t/_config/size", 200, R"({"node":{"value":"1"}})");
  world.answer("GET http://d/t", 200, R"({"node":{"nodes":[{"key":"/t/1","value":"z=http://z:1","createdIndex":5}]}})");
  struct Case {
    const char* what;
    std::function<void(Config&)> change;
    const char* message;
  };
  for (const Case& c : {
           Case{"a cluster without this member", [](Config& config) { config.name = std::string("z"); },
                "couldn't find local name \"z\" in the initial cluster configuration"},
           Case{"to join by discovery",
                [](Config& config) {
                  config.initial_cluster_existing = true;
                  config.discovery = "http://d/t";
                },
                "discovery URL should not be set when joining existing initial cluster"},
           Case{"to join nobody", [](Config& config) { config.initial_cluster_existing = true; },
                "cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs"},
           Case{"a full discovery", [](Config& config) { config.discovery = "http://d/t"; },
                "failed to join discovery cluster (discovery: cluster is full)"},
           Case{"peers that are not there",
                [](Config& config) {
                  config.join_peers = {"http://10.0.0.7:1"};
                  config.join_attempts = 1;
                },
                "cannot join the cluster by -peers after 1 attempts: none of -peers answers"},
       }) {
    CAPTURE(c.what);
    FakeDisk disk;
    Config config = config_of("a=http://10.0.0.1:1");
    c.change(config);
    const auto identity = start(disk, config, world);
    REQUIRE(!identity);
    CHECK(identity.error().message == c.message);
    CHECK(*disk.list("/d") == std::vector<std::string>{"lock"});
  }
}

TEST_CASE("the token of a discovered cluster is the discovery's URL") {
  FakeDisk disk;
  FakeOutside world;
  Config config = config_of("a=http://10.0.0.1:1");
  config.discovery = "http://d/t";
  const MemberId id = derive_member_id({"http://10.0.0.1:1"}, "http://d/t");
  const std::string self = R"({"key":"/t/)" + to_hex(id.value) + R"(","value":"a=http://10.0.0.1:1","createdIndex":5})";
  world.answer("GET http://d/t/_config/size", 200, R"({"node":{"value":"1"}})");
  world.answer("GET http://d/t", 200, R"({"node":{"nodes":[]}})");
  world.answers["PUT http://d/t/" + to_hex(id.value)] = [&](const peer::HttpRequest&) {
    world.answer("GET http://d/t", 200, R"({"node":{"nodes":[)" + self + "]}}");
    return reply_of(201, R"({"node":{"key":"/x"}})");
  };
  const auto identity = start(disk, config, world);
  REQUIRE_MESSAGE(identity, (identity ? "" : identity.error().message));
  CHECK(identity->member == id);
  CHECK(identity->cluster == derive_cluster_id({id}));
}

}  // namespace
}  // namespace viaduct::server
