#include "server/srv.h"

#include <doctest/doctest.h>

#include "server/new_member.h"
#include "test/server/fake_outside.h"
#include "test/support/quiet_log.h"

namespace viaduct::server {
namespace {

constexpr const char* kPlain = "_etcd-server._tcp.example.com";
constexpr const char* kSecure = "_etcd-server-ssl._tcp.example.com";

struct Case {
  const char* what;
  const char* advertised;
  std::map<std::string, std::vector<SrvRecord>> services;
  const char* outcome;  // the cluster, or what is wrong
};

std::string outcome_of(const Case& c) {
  QuietLog quiet;
  FakeOutside world;
  world.services = c.services;
  Config config;
  config.name = std::string("self");
  config.discovery_srv = "example.com";
  config.initial_advertise_peer_urls = *parse_urls(c.advertised, true);
  const auto cluster = cluster_by_srv(config, world.outside());
  return cluster ? initial_cluster_text(*cluster) : cluster.error().message;
}

TEST_CASE("SRV records name the members, and the one at this member's address is this one") {
  for (const Case& c : {
           Case{"plain records, as in a domain without certificates",
                "http://10.0.0.1:2380",
                {{kPlain, {{"two", 2380}, {"one", 2380}}}},
                "0=http://two:2380,self=http://one:2380"},
           Case{"secure records alone",
                "https://uno:2380",
                {{kSecure, {{"one", 2380}, {"two", 2380}}}},
                "0=https://two:2380,self=https://one:2380"},
           Case{"both kinds",
                "https://10.0.0.1:1",
                {{kSecure, {{"one", 1}}}, {kPlain, {{"two", 1}}}},
                "0=http://two:1,self=https://one:1"},
           Case{"two addresses of this member",
                "http://10.0.0.1:1,http://10.0.0.1:2",
                {{kPlain, {{"one", 2}, {"uno", 1}}}},
                "self=http://one:2,self=http://uno:1"},
           Case{"a target that does not resolve is passed over",
                "http://10.0.0.1:1",
                {{kPlain, {{"three", 1}, {"one", 1}}}},
                "self=http://one:1"},
           Case{"another port is another member",
                "http://10.0.0.1:1",
                {{kPlain, {{"one", 2}}}},
                "error setting up DNS discovery: cannot find local etcd member \"self\" in SRV records"},
           Case{"no records at all",
                "http://10.0.0.1:1",
                {},
                "error setting up DNS discovery: error querying DNS SRV records for _etcd-server-ssl lookup "
                "_etcd-server-ssl._tcp.example.com: no such host, error querying DNS SRV records for _etcd-server "
                "lookup _etcd-server._tcp.example.com: no such host"},
           Case{"this member by the other scheme",
                "https://10.0.0.1:1",
                {{kPlain, {{"one", 1}}}},
                "error setting up DNS discovery: error querying DNS SRV records for _etcd-server-ssl lookup "
                "_etcd-server-ssl._tcp.example.com: no such host, error querying DNS SRV records for _etcd-server "
                "bootstrap at http://one:1 from DNS for etcd-server has scheme mismatch with expected peer "
                "https://10.0.0.1:1"},
           Case{"an advertised name that does not resolve",
                "http://three:1",
                {{kPlain, {{"one", 1}}}},
                "error setting up DNS discovery: lookup three: no such host"},
       }) {
    CAPTURE(c.what);
    CHECK(outcome_of(c) == c.outcome);
  }
}

TEST_CASE("--discovery-srv-name goes behind the service's name") {
  QuietLog quiet;
  FakeOutside world;
  world.services["_etcd-server-blue._tcp.example.com"] = {{"one", 1}};
  Config config;
  config.name = std::string("self");
  config.discovery_srv = "example.com";
  config.discovery_srv_name = "blue";
  config.initial_advertise_peer_urls = *parse_urls("http://10.0.0.1:1", true);
  CHECK(initial_cluster_text(*cluster_by_srv(config, world.outside())) == "self=http://one:1");
}

// A name server's answer to _e._tcp.x with two SRV records and a CNAME before them.
std::string answer() {
  const auto name = [](std::initializer_list<std::string> labels) {
    std::string text;
    for (const std::string& label : labels) text += static_cast<char>(label.size()) + label;
    return text + std::string(1, '\0');
  };
  const auto number = [](uint16_t value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
  };
  const auto record = [&](uint16_t type, const std::string& data) {
    return std::string("\xc0\x0c", 2) + number(type) + number(1) + std::string(4, '\0') +
           number(static_cast<uint16_t>(data.size())) + data;
  };
  const auto srv = [&](uint16_t priority, uint16_t port, const std::string& target) {
    return record(33, number(priority) + number(5) + number(port) + target);
  };
  return std::string("\x12\x34\x81\x80", 4) + number(1) + number(3) + number(0) + number(0) +
         name({"_e", "_tcp", "x"}) + number(33) + number(1) + record(5, name({"y", "x"})) +
         srv(20, 2380, name({"two", "x"})) + srv(10, 443, name({"one", "x"}));
}

TEST_CASE("an answer of the DNS is read in order of priority") {
  const auto records = parse_srv_answer(answer());
  REQUIRE(records);
  CHECK(*records == std::vector<SrvRecord>{{"one.x", 443, 10, 5}, {"two.x", 2380, 20, 5}});
}

TEST_CASE("an answer of the DNS that is cut short is refused wherever that is") {
  const std::string whole = answer();
  for (size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(!parse_srv_answer(whole.substr(0, size)));
  }
}

}  // namespace
}  // namespace viaduct::server
