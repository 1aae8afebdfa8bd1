#include "server/config_file.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

TEST_CASE("keys are flag names, values have the flag's type") {
  struct Case {
    const char* yaml;
    const char* flag;
    const char* value;
  };
  for (const Case& c : {
           Case{"name: a", "name", "a"},
           Case{"name: \"5\"", "name", "5"},
           Case{"Name: a", "name", "a"},
           Case{"name: null", "name", "default"},
           Case{"name:", "name", "default"},
           Case{"snapshot-count: 5", "snapshot-count", "5"},
           Case{"enable-v2: no", "enable-v2", "false"},
           Case{"enable-v2: true", "enable-v2", "true"},
           Case{"quota-backend-bytes: -1", "quota-backend-bytes", "-1"},
           Case{"grpc-keepalive-min-time: 5000000000", "grpc-keepalive-min-time", "5000000000ns"},
           Case{"grpc-keepalive-min-time: 5s", "grpc-keepalive-min-time", "5s"},
           Case{"log-outputs: [stderr, /tmp/a]", "log-outputs", "stderr,/tmp/a"},
           Case{"log-outputs: []", "log-outputs", ""},
           Case{"cors: '*'", "cors", "*"},
           Case{"listen-client-urls: http://127.0.0.1:1,http://127.0.0.1:2", "listen-client-urls",
                "http://127.0.0.1:1,http://127.0.0.1:2"},
           Case{"auto-compaction-retention: \"1\"", "auto-compaction-retention", "1"},
           Case{"client-transport-security:\n  cert-file: a", "cert-file", "a"},
           Case{"peer-transport-security:\n  trusted-ca-file: a\n  auto-tls: true", "peer-trusted-ca-file", "a"},
           Case{"peer-transport-security:\n  client-cert-auth: true", "peer-client-cert-auth", "true"},
           Case{"client-transport-security:", "cert-file", ""},
           Case{"", "name", "default"},
           Case{"# nothing", "name", "default"},
       }) {
    CAPTURE(c.yaml);
    FlagValues values;
    REQUIRE(apply_config_file(c.yaml, values));
    CHECK(values.text(c.flag) == c.value);
    CHECK(values.notices().empty());
  }
}

TEST_CASE("wrong types and wrong values are refused in etcd's words") {
  struct Case {
    const char* yaml;
    const char* message;
  };
#define JSON "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
  for (const Case& c : {
           Case{"snapshot-count: x", JSON "string into Go struct field configYAML.snapshot-count of type uint64"},
           Case{"snapshot-count: '5'", JSON "string into Go struct field configYAML.snapshot-count of type uint64"},
           Case{"snapshot-count: -1", JSON "number -1 into Go struct field configYAML.snapshot-count of type uint64"},
           Case{"snapshot-count: 1.5", JSON "number 1.5 into Go struct field configYAML.snapshot-count of type uint64"},
           Case{"max-wals: x", JSON "string into Go struct field configYAML.max-wals of type uint"},
           Case{"quota-backend-bytes: x",
                JSON "string into Go struct field configYAML.quota-backend-bytes of type int64"},
           Case{"enable-v2: 'true'", JSON "string into Go struct field configYAML.enable-v2 of type bool"},
           Case{"name: 5", JSON "number into Go struct field configYAML.name of type string"},
           Case{"max-concurrent-streams: x",
                JSON "string into Go struct field configYAML.max-concurrent-streams of type uint32"},
           Case{"data-dir: true", JSON "bool into Go struct field configYAML.data-dir of type string"},
           Case{"log-outputs: stderr", JSON "string into Go struct field configYAML.log-outputs of type []string"},
           Case{"listen-client-urls: [http://127.0.0.1:1]",
                JSON "array into Go struct field configYAML.listen-client-urls of type string"},
           Case{"grpc-keepalive-min-time: soon",
                JSON "string into Go struct field configYAML.grpc-keepalive-min-time of type time.Duration"},
           Case{"client-transport-security: x",
                JSON "string into Go struct field configYAML.client-transport-security of type embed.securityConfig"},
           Case{"client-transport-security:\n  cert-file: [a]",
                JSON "array into Go struct field securityConfig.client-transport-security.cert-file of type string"},
           Case{"- a", JSON "array into Go value of type embed.configYAML"},
           Case{"listen-client-urls: foo",
                "unexpected error setting up listen-client-urls: URL scheme must be http, https, unix, or unixs: foo"},
           Case{"initial-cluster-state: zz", "unexpected clusterState \"zz\""},
           Case{"proxy: zz", "unexpected error setting up proxy: invalid value"},
       }) {
    CAPTURE(c.yaml);
    FlagValues values;
    const auto applied = apply_config_file(c.yaml, values);
    REQUIRE(!applied);
    CHECK(applied.error().message == c.message);
  }
#undef JSON
}

TEST_CASE("what is no YAML is refused with the line") {
  for (const char* yaml : {"name: [a\n", "\tname: x", "name: 'a", "a: b: c"}) {
    CAPTURE(yaml);
    FlagValues values;
    const auto applied = apply_config_file(yaml, values);
    REQUIRE(!applied);
    CHECK(applied.error().message.starts_with("error converting YAML to JSON: yaml: line "));
  }
}

TEST_CASE("unknown keys are noticed") {
  for (const char* yaml :
       {"bogus: 1", "config-file: /a", "addr: 1.2.3.4:1", "client-transport-security:\n  bogus: 1"}) {
    CAPTURE(yaml);
    FlagValues values;
    REQUIRE(apply_config_file(yaml, values));
    REQUIRE(values.notices().size() == 1);
    CHECK(values.notices()[0].text.starts_with("unrecognized key \""));
  }
}

}  // namespace
}  // namespace viaduct::server
