#include "server/config_cluster.h"

#include <doctest/doctest.h>

#include "server/config_build.h"
#include "server/flags.h"

namespace viaduct::server {
namespace {

using Words = std::vector<std::string>;

std::optional<std::string> some_host() { return "10.1.2.3"; }

Result<Config> build(const Words& words, bool from_file = false) {
  FlagValues values;
  REQUIRE(parse_flags(words, values));
  return build_config(values, from_file, some_host);
}

std::string cluster(const Config& config) {
  std::string text;
  for (const auto& [name, url] : config.initial_cluster) text += (text.empty() ? "" : ",") + name + "=" + url.text;
  return text;
}

TEST_CASE("addresses that are not given follow from those that are") {
  struct Case {
    const char* what;
    Words words;
    const char* advertise_client;
    const char* advertise_peer;
    const char* initial_cluster;
  };
  for (const Case& c : {
           Case{"nothing", {}, "http://localhost:2379", "http://localhost:2380", "default=http://localhost:2380"},
           Case{"a name", {"--name=x"}, "http://localhost:2379", "http://localhost:2380", "x=http://localhost:2380"},
           Case{"a peer address",
                {"--initial-advertise-peer-urls=http://a:1,http://b:2"},
                "http://localhost:2379",
                "http://a:1,http://b:2",
                "default=http://a:1,default=http://b:2"},
           Case{"peers everywhere",
                {"--listen-peer-urls=http://0.0.0.0:5"},
                "http://localhost:2379",
                "http://10.1.2.3:5",
                "default=http://10.1.2.3:5"},
           Case{"clients everywhere, and said so",
                {"--listen-client-urls=http://0.0.0.0:0", "--advertise-client-urls=http://0.0.0.0:0"},
                "http://0.0.0.0:0",
                "http://localhost:2380",
                "default=http://localhost:2380"},
           Case{"0.4's address",
                {"-addr", "1.2.3.4:4001", "-peer-addr", "1.2.3.4:7001"},
                "http://1.2.3.4:4001",
                "http://1.2.3.4:7001",
                "default=http://1.2.3.4:7001"},
           Case{"a cluster",
                {"--name=b", "--initial-cluster=c=http://c:1,b=http://localhost:2380,a=http://a:2,a=http://a:1"},
                "http://localhost:2379",
                "http://localhost:2380",
                "a=http://a:1,a=http://a:2,b=http://localhost:2380,c=http://c:1"},
       }) {
    CAPTURE(c.what);
    const auto config = build(c.words);
    REQUIRE_MESSAGE(config, (config ? "" : config.error().message));
    CHECK(join_urls(config->advertise_client_urls) == c.advertise_client);
    CHECK(join_urls(config->initial_advertise_peer_urls) == c.advertise_peer);
    CHECK(cluster(*config) == c.initial_cluster);
  }
}

TEST_CASE("0.4's addresses say where to listen, too") {
  struct Case {
    Words words;
    const char* listen;
  };
  for (const Case& c :
       {Case{{"-addr", "1.2.3.4:4001"}, "http://[::]:4001"}, Case{{"-c", "1.2.3.4:4001"}, "http://[::]:4001"},
        Case{{"-addr", "1.2.3.4:4001", "-bind-addr", "0.0.0.0:99"}, "http://0.0.0.0:99"},
        Case{{"-addr=[::1]:4001", "-cl=[::1]:5"}, "http://[::1]:5"}}) {
    CAPTURE(c.listen);
    const auto config = build(c.words);
    REQUIRE_MESSAGE(config, (config ? "" : config.error().message));
    CHECK(join_urls(config->listen_client_urls) == c.listen);
  }
}

TEST_CASE("a configuration file may listen elsewhere without advertising") {
  const Words words = {"--listen-client-urls=http://127.0.0.1:1"};
  CHECK(build(words, false).error().message == std::string(kAdvertiseRequired));
  CHECK(join_urls(build(words, true)->advertise_client_urls) == "http://localhost:2379");
  CHECK(join_urls(build({"--listen-client-urls=http://0.0.0.0:1"}, true)->advertise_client_urls) ==
        "http://10.1.2.3:1");
}

TEST_CASE("addresses that cannot work are refused") {
  struct Case {
    Words words;
    const char* message;
  };
  for (const Case& c : {
           Case{{"--listen-client-urls=http://foo:1", "--advertise-client-urls=http://a:1"},
                "expected IP in URL for binding (http://foo:1)"},
           Case{{"--listen-metrics-urls=http://foo:1"}, "expected IP in URL for binding (http://foo:1)"},
           Case{{"--listen-peer-urls=http://foo:1"}, "expected IP in URL for binding (http://foo:1)"},
           Case{{"--advertise-client-urls=http://:99"},
                "--advertise-client-urls \"http://:99\" must be \"host:port\" (unexpected empty host (http://:99))"},
           Case{{"--initial-advertise-peer-urls=http://:99"},
                "--initial-advertise-peer-urls \"http://:99\" must be \"host:port\" (unexpected empty host "
                "(http://:99))"},
           Case{{"-addr", "1.2.3.4:1", "--advertise-client-urls=http://a:1"},
                "Set only one of flags -advertise-client-urls and -addr"},
           Case{{"-peer-bind-addr", "1.2.3.4:1", "--listen-peer-urls=http://1.2.3.4:1"},
                "Set only one of flags -listen-peer-urls and -peer-bind-addr"},
       }) {
    CAPTURE(c.message);
    const auto config = build(c.words);
    REQUIRE(!config);
    CHECK(config.error().message == c.message);
  }
}

TEST_CASE("an initial cluster is names with addresses") {
  struct Case {
    const char* text;
    const char* message;  // null: fine
  };
  for (const Case& c : {
           Case{"default=http://localhost:2380", nullptr},
           Case{"default=http://localhost:2380,default=http://localhost:7001", nullptr},
           Case{" default = http://localhost:2380 ", nullptr},
           Case{"foo", "error setting up initial cluster: URL scheme must be http, https, unix, or unixs: "},
           Case{"default=", "error setting up initial cluster: URL scheme must be http, https, unix, or unixs: "},
           Case{"", "error setting up initial cluster: URL scheme must be http, https, unix, or unixs: "},
           Case{"default=ftp://a:1",
                "error setting up initial cluster: URL scheme must be http, https, unix, or unixs: ftp://a:1"},
           Case{"a=http://a:1,b=http://b:1", nullptr},
       }) {
    CAPTURE(c.text);
    const auto config = build({"--initial-cluster", c.text});
    CHECK(config.has_value() == (c.message == nullptr));
    if (!config && c.message) CHECK(config.error().message == c.message);
  }
}

}  // namespace
}  // namespace viaduct::server
