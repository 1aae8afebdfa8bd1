#include "server/environment.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/flags.h"

namespace viaduct::server {
namespace {

using Entries = std::vector<std::string>;

std::vector<std::string> texts(const FlagValues& values) {
  std::vector<std::string> list;
  for (const Notice& notice : values.notices()) list.push_back(notice.text);
  return list;
}

TEST_CASE("a variable of either prefix sets its flag and is noticed") {
  for (const char* entry : {"ETCD_NAME=a", "VIADUCT_NAME=a"}) {
    CAPTURE(entry);
    FlagValues values;
    REQUIRE(apply_environment({entry, "PATH=/bin", "NOTIFY_SOCKET=@x"}, values));
    CHECK(values.text("name") == "a");
    CHECK(values.origin("name") == Origin::kEnvironment);
    CHECK(texts(values) == std::vector<std::string>{"recognized and used environment variable " + std::string(entry)});
  }
}

TEST_CASE("a setting from two sides is fatal") {
  struct Case {
    const char* what;
    Entries environment;
    std::vector<std::string> flags;
    const char* message;
  };
  const char* shadowed =
      "conflicting environment variable \"ETCD_NAME\" is shadowed by corresponding command-line flag (either unset "
      "environment variable or disable flag)";
  for (const Case& c : {
           Case{"flag and variable", {"ETCD_NAME=a"}, {"--name", "b"}, shadowed},
           Case{"even an empty one", {"ETCD_NAME="}, {"--name", "b"}, shadowed},
           Case{"even the same value", {"ETCD_NAME=b"}, {"--name", "b"}, shadowed},
           Case{"the flag by its old name", {"ETCD_NAME=a"}, {"-n", "b"}, shadowed},
           Case{"both prefixes",
                {"ETCD_NAME=a", "VIADUCT_NAME=a"},
                {},
                "conflicting environment variables \"ETCD_NAME\" and \"VIADUCT_NAME\" (unset one of them)"},
       }) {
    CAPTURE(c.what);
    FlagValues values;
    REQUIRE(parse_flags(c.flags, values));
    const auto applied = apply_environment(c.environment, values);
    REQUIRE(!applied);
    CHECK(applied.error().message == c.message);
  }
}

TEST_CASE("a wrong value names variable and reason") {
  struct Case {
    const char* entry;
    const char* message;
  };
  for (const Case& c : {Case{"ETCD_SNAPSHOT_COUNT=x", "invalid value \"x\" for ETCD_SNAPSHOT_COUNT: parse error"},
                        Case{"VIADUCT_ENABLE_V2=foo", "invalid value \"foo\" for VIADUCT_ENABLE_V2: parse error"},
                        Case{"ETCD_LISTEN_CLIENT_URLS=zz",
                             "invalid value \"zz\" for ETCD_LISTEN_CLIENT_URLS: URL scheme must be http, https, unix, "
                             "or unixs: zz"}}) {
    CAPTURE(c.entry);
    FlagValues values;
    const auto applied = apply_environment({c.entry}, values);
    REQUIRE(!applied);
    CHECK(applied.error().message == c.message);
  }
}

TEST_CASE("unknown variables of our prefixes are warned of, passwords not shown") {
  FlagValues values;
  REQUIRE(apply_environment({"ETCD_FOO=1", "ETCD_NAME=", "VIADUCT_BAR=2", "ETCDCTL_API=2",
                             "ETCD_UNSUPPORTED_ARCH=arm64", "ETCD_ROOT_PASSWORD=hush", "HOME=/root"},
                            values));
  CHECK(texts(values) == std::vector<std::string>{"unrecognized environment variable ETCD_FOO=1",
                                                  "unrecognized environment variable ETCD_NAME=",
                                                  "unrecognized environment variable ETCD_ROOT_PASSWORD=***",
                                                  "unrecognized environment variable VIADUCT_BAR=2"});
  CHECK(!values.given("name"));
}

TEST_CASE("the unknown are warned of even when another is wrong") {
  FlagValues values;
  CHECK(!apply_environment({"ETCD_SNAPSHOT_COUNT=x", "ETCD_ZZ=1"}, values));
  const auto notices = texts(values);
  CHECK(std::find(notices.begin(), notices.end(), "unrecognized environment variable ETCD_ZZ=1") != notices.end());
}

TEST_CASE("one variable can be looked up alone") {
  CHECK(environment_value({"ETCD_CONFIG_FILE=/a"}, "config-file") == "/a");
  CHECK(environment_value({"ETCD_CONFIG_FILE=", "VIADUCT_CONFIG_FILE=/b"}, "config-file") == "/b");
  CHECK(environment_value({}, "config-file") == "");
}

}  // namespace
}  // namespace viaduct::server
