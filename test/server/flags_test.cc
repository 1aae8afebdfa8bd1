#include "server/flags.h"

#include <doctest/doctest.h>

namespace viaduct::server {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("flags are read by Go's rules") {
  struct Case {
    const char* what;
    Words words;
    const char* flag;
    const char* value;
    Words rest;
  };
  for (const Case& c : {
           Case{"two dashes, next word", {"--name", "a"}, "name", "a", {}},
           Case{"one dash, equals", {"-name=a"}, "name", "a", {}},
           Case{"empty value", {"--name="}, "name", "", {}},
           Case{"equals in the value", {"--name=a=b"}, "name", "a=b", {}},
           Case{"a value that looks like a flag", {"--name", "--data-dir"}, "name", "--data-dir", {}},
           Case{"the last one wins", {"--name", "a", "-name", "b"}, "name", "b", {}},
           Case{"bare boolean", {"--enable-pprof"}, "enable-pprof", "true", {}},
           Case{"boolean with equals", {"--enable-v2=false"}, "enable-v2", "false", {}},
           Case{"a boolean takes no next word", {"--enable-pprof", "false"}, "enable-pprof", "true", {"false"}},
           Case{"the first other word ends the flags", {"a", "--name", "b"}, "name", "default", {"a", "--name", "b"}},
           Case{"a lone dash is such a word", {"-", "--name"}, "name", "default", {"-", "--name"}},
           Case{"two dashes end the flags", {"--name", "a", "--", "--name", "b"}, "name", "a", {"--name", "b"}},
           Case{"an alias", {"-n", "a"}, "name", "a", {}},
           Case{"an experimental alias",
                {"--experimental-warning-apply-duration=1s"},
                "warning-apply-duration",
                "1s",
                {}},
           Case{"an ignored switch", {"-snapshot", "--name=a"}, "name", "a", {}},
           Case{"an ignored switch takes no next word", {"-v", "x"}, "name", "default", {"x"}},
           Case{"0.4's value of an ignored flag", {"-max-result-buffer", "1024", "-name", "a"}, "name", "a", {}},
           Case{"no value of an ignored flag", {"-cluster-sync-interval", "-name", "a"}, "name", "a", {}},
           Case{"nothing", {}, "name", "default", {}},
       }) {
    CAPTURE(c.what);
    FlagValues values;
    const auto parsed = parse_flags(c.words, values);
    REQUIRE(parsed);
    CHECK(values.text(c.flag) == c.value);
    CHECK(parsed->rest == c.rest);
    CHECK(!parsed->help);
  }
}

TEST_CASE("what Go's flag package refuses is refused in its words") {
  struct Case {
    Words words;
    const char* message;
  };
  for (const Case& c : {
           Case{{"--nope"}, "flag provided but not defined: -nope"},
           Case{{"-nope=1"}, "flag provided but not defined: -nope"},
           Case{{"---x"}, "bad flag syntax: ---x"},
           Case{{"--=x"}, "bad flag syntax: --=x"},
           Case{{"-=x"}, "bad flag syntax: -=x"},
           Case{{"--name"}, "flag needs an argument: -name"},
           Case{{"--snapshot-count=x"}, "invalid value \"x\" for flag -snapshot-count: parse error"},
           Case{{"--snapshot-count=-1"}, "invalid value \"-1\" for flag -snapshot-count: parse error"},
           Case{{"--snapshot-count", "99999999999999999999"},
                "invalid value \"99999999999999999999\" for flag -snapshot-count: value out of range"},
           Case{{"--enable-v2=maybe"}, "invalid boolean value \"maybe\" for -enable-v2: parse error"},
           Case{{"--enable-v2="}, "invalid boolean value \"\" for -enable-v2: parse error"},
           Case{{"--grpc-keepalive-min-time=5"}, "invalid value \"5\" for flag -grpc-keepalive-min-time: parse error"},
           Case{{"--initial-cluster-state=zz"}, "invalid value \"zz\" for flag -initial-cluster-state: invalid value"},
           Case{{"--proxy=zz"}, "invalid value \"zz\" for flag -proxy: invalid value"},
           Case{{"--log-level=zz"}, "invalid value \"zz\" for flag -log-level: unknown level \"zz\""},
           Case{{"--cors=foo"},
                "invalid value \"foo\" for flag -cors: URL scheme must be http, https, unix, or unixs: foo"},
           Case{{"--listen-client-urls=http://1.2.3.4"},
                "invalid value \"http://1.2.3.4\" for flag -listen-client-urls: URL address does not have the form "
                "\"host:port\": http://1.2.3.4"},
           Case{{"-addr", "example.com:1"},
                "invalid value \"example.com:1\" for flag -addr: bad IP in address specification"},
           Case{{"-addr", "1.2.3.4:x"},
                "invalid value \"1.2.3.4:x\" for flag -addr: bad port in address specification"},
           Case{{"-addr", "1.2.3.4"}, "invalid value \"1.2.3.4\" for flag -addr: bad format in address specification"},
       }) {
    CAPTURE(c.message);
    FlagValues values;
    const auto parsed = parse_flags(c.words, values);
    REQUIRE(!parsed);
    CHECK(parsed.error().message == c.message);
  }
}

TEST_CASE("help is met before what follows it, not before what precedes it") {
  for (const char* word : {"-h", "--h", "-help", "--help", "--help=false"}) {
    CAPTURE(word);
    FlagValues values;
    const auto parsed = parse_flags({word, "--nope"}, values);
    REQUIRE(parsed);
    CHECK(parsed->help);
  }
  FlagValues values;
  CHECK(!parse_flags({"--nope", "--help"}, values));
}

TEST_CASE("given-up and renamed flags are noticed in etcd's words") {
  struct Case {
    Words words;
    const char* notice;
  };
  for (const Case& c :
       {Case{{"-config"}, "flag \"-config\" is no longer supported - ignoring."},
        Case{{"-v=3"}, "flag \"-v\" is no longer supported - ignoring."},
        Case{{"-n", "a"}, "[deprecated] use -name, not -n"},
        Case{{"--log-output=stdout"}, "'--log-output' flag has been deprecated! Please use '--log-outputs'!"}}) {
    CAPTURE(c.notice);
    FlagValues values;
    REQUIRE(parse_flags(c.words, values));
    REQUIRE(!values.notices().empty());
    CHECK(values.notices()[0].text == c.notice);
    CHECK(values.notices()[0].level == log::Level::kWarn);
  }
}

}  // namespace
}  // namespace viaduct::server
