#include "server/new_member.h"

#include <doctest/doctest.h>

#include "server/config_cluster.h"

namespace viaduct::server {
namespace {

Result<std::string> resolve(const std::string& host) {
  if (host.starts_with("10.") || host == "127.0.0.1") return host;
  if (host == "one" || host == "uno") return std::string("10.0.0.1");
  if (host == "two") return std::string("10.0.0.2");
  return Error{Code::kUnavailable, "lookup " + host + ": no such host"};
}

struct Case {
  const char* what;
  const char* initial_cluster;
  const char* advertised;
  const char* message;  // null: fine
};

Config config_of(const Case& c) {
  Config config;
  config.name = std::string("a");
  config.initial_cluster = *parse_initial_cluster(c.initial_cluster);
  config.initial_advertise_peer_urls = *parse_urls(c.advertised, true);
  return config;
}

TEST_CASE("a founder is in its own cluster, at the addresses it advertises") {
  for (const Case& c : {
           Case{"alone", "a=http://localhost:1", "http://localhost:1", nullptr},
           Case{"two addresses in another order", "a=http://10.0.0.1:1,a=http://10.0.0.1:2",
                "http://10.0.0.1:2,http://10.0.0.1:1", nullptr},
           Case{"another name of the same address", "a=http://one:1,b=http://nowhere:1", "http://uno:1", nullptr},
           Case{"a name and its address", "a=http://10.0.0.1:1", "http://one:1", nullptr},
           Case{"a socket file", "a=unix://etcd.unix:1", "unix://etcd.unix:1", nullptr},
           Case{"another name", "b=http://localhost:1", "http://localhost:1",
                "couldn't find local name \"a\" in the initial cluster configuration"},
           Case{"the same address for two", "a=http://localhost:1,b=http://localhost:1", "http://localhost:1",
                "initial cluster a=http://localhost:1,b=http://localhost:1 has duplicate url"},
           Case{"the same address twice", "a=http://localhost:1,a=http://localhost:1", "http://localhost:1",
                "failed to resolve http://localhost:1 to match --initial-cluster=a=http://localhost:1 "
                "(len([\"http://localhost:1\"]) != len([\"http://localhost:1\" \"http://localhost:1\"]))"},
           Case{"another port", "a=http://10.0.0.1:1", "http://10.0.0.1:2",
                "--initial-cluster has a=http://10.0.0.1:1 but missing from "
                "--initial-advertise-peer-urls=http://10.0.0.1:2 (resolved urls: \"http://10.0.0.1:2\" != "
                "\"http://10.0.0.1:1\")"},
           Case{"another scheme", "a=http://10.0.0.1:1", "https://10.0.0.1:1",
                "--initial-cluster has a=http://10.0.0.1:1 but missing from "
                "--initial-advertise-peer-urls=https://10.0.0.1:1 (resolved urls: \"https://10.0.0.1:1\" != "
                "\"http://10.0.0.1:1\")"},
           Case{"localhost is not looked up", "a=http://localhost:1", "http://127.0.0.1:1",
                "--initial-cluster has a=http://localhost:1 but missing from "
                "--initial-advertise-peer-urls=http://127.0.0.1:1 (resolved urls: \"http://127.0.0.1:1\" != "
                "\"http://localhost:1\")"},
           Case{"one address too many in the cluster", "a=http://10.0.0.1:1,a=http://10.0.0.1:2", "http://10.0.0.1:1",
                "--initial-cluster has a=http://10.0.0.1:2 but missing from "
                "--initial-advertise-peer-urls=http://10.0.0.1:1 (len([\"http://10.0.0.1:1\"]) != "
                "len([\"http://10.0.0.1:1\" \"http://10.0.0.1:2\"]))"},
           Case{"one address too many advertised", "a=http://10.0.0.1:1", "http://10.0.0.1:1,http://10.0.0.1:2",
                "--initial-advertise-peer-urls has http://10.0.0.1:2 but missing from "
                "--initial-cluster=a=http://10.0.0.1:1,a=http://10.0.0.1:2"},
           Case{"a name nobody knows", "a=http://nowhere:1", "http://nowhere:1",
                "failed to resolve http://nowhere:1 to match --initial-cluster=a=http://nowhere:1 (lookup nowhere: no "
                "such host)"},
       }) {
    CAPTURE(c.what);
    const auto checked = check_new_member(config_of(c), resolve);
    CHECK(checked.has_value() == (c.message == nullptr));
    if (!checked && c.message) CHECK(checked.error().message == c.message);
  }
}

TEST_CASE("one that joins may advertise what it likes, but must be in the list that has no address twice") {
  for (const Case& c : {
           Case{"elsewhere", "a=http://10.0.0.1:1,b=http://10.0.0.2:1", "http://localhost:2380", nullptr},
           Case{"another name", "b=http://localhost:1", "http://localhost:1",
                "couldn't find local name \"a\" in the initial cluster configuration"},
           Case{"the same address for two", "a=http://localhost:1,b=http://localhost:1", "http://localhost:1",
                "initial cluster a=http://localhost:1,b=http://localhost:1 has duplicate url"},
       }) {
    CAPTURE(c.what);
    const auto checked = check_joining_member(config_of(c));
    CHECK(checked.has_value() == (c.message == nullptr));
    if (!checked && c.message) CHECK(checked.error().message == c.message);
  }
}

// Ids as etcd 3.4 gives them to this cluster.
TEST_CASE("all founders come to the same cluster and know each other") {
  const InitialCluster cluster = *parse_initial_cluster(
      "infra1=http://127.0.0.1:12380,infra2=http://127.0.0.1:22380,infra3=http://127.0.0.1:32380");
  std::vector<MemberId> ids;
  Identity previous;
  for (const char* name : {"infra1", "infra2", "infra3"}) {
    CAPTURE(name);
    const auto identity = founder(cluster, name, "etcd-cluster-1");
    REQUIRE(identity);
    CHECK(to_hex(identity->cluster.value) == "ef37ad9dc622a7c4");
    CHECK(identity->founding.founds);
    if (previous.member) CHECK(identity->founding == previous.founding);
    previous = *identity;
    ids.push_back(identity->member);
  }
  CHECK(ids == std::vector{MemberId(0x8211f1d0f64f3269), MemberId(0x91bc3c398fb3c146), MemberId(0xfd422379fda50e48)});
  for (size_t i = 0; i < ids.size(); ++i) CHECK(previous.founding.members[i].id == ids[i]);  // by id, as it happens
  CHECK(previous.founding.members[1] ==
        v3bridge::Member{MemberId(0x91bc3c398fb3c146), "infra2", {"http://127.0.0.1:22380"}, {}});
}

TEST_CASE("a founder with several addresses is one member") {
  const auto identity = founder(*parse_initial_cluster("a=http://a:2,a=http://a:1,b=http://b:1"), "a", "t");
  REQUIRE(identity);
  CHECK(identity->founding.members.size() == 2);
  CHECK(identity->member == derive_member_id({"http://a:1", "http://a:2"}, "t"));
  CHECK(identity->cluster == derive_cluster_id({identity->member, derive_member_id({"http://b:1"}, "t")}));
}

}  // namespace
}  // namespace viaduct::server
