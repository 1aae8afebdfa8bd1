#include "server/config_tls.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/config_build.h"
#include "server/flags.h"

namespace viaduct::server {
namespace {

using Words = std::vector<std::string>;

struct Built {
  Result<Config> config;
  std::vector<std::string> warnings;
};

Built build(Words words) {
  FlagValues values;
  const auto parsed = parse_flags(words, values);
  REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
  Built built{build_config(values, false, [] { return std::nullopt; }), {}};
  for (const Notice& notice : values.notices()) {
    if (notice.level == log::Level::kWarn) built.warnings.push_back(notice.text);
  }
  return built;
}

Words secure(Words more = {}) {
  Words words = {"--listen-client-urls=https://127.0.0.1:1", "--advertise-client-urls=https://127.0.0.1:1",
                 "--cert-file=c", "--key-file=k"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("each security flag finds its place") {
  const Built built = build(secure(
      {"--client-cert-auth", "--trusted-ca-file=ca", "--client-crl-file=crl", "--client-cert-allowed-hostname=h",
       "--peer-cert-file=pc", "--peer-key-file=pk", "--peer-client-cert-auth", "--peer-trusted-ca-file=pca",
       "--peer-crl-file=pcrl", "--peer-cert-allowed-cn=cn", "--peer-client-cert-file=dc", "--peer-client-key-file=dk",
       "--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "--tls-max-version=TLS1.3",
       "--self-signed-cert-validity=3", "--experimental-peer-skip-client-san-verification"}));
  REQUIRE(built.config);
  const net::TlsSettings& client = built.config->client_tls;
  CHECK(client.cert_file == "c");
  CHECK(client.key_file == "k");
  CHECK(client.client_cert_auth);
  CHECK(client.trusted_ca_file == "ca");
  CHECK(client.crl_file == "crl");
  CHECK(client.allowed_cn == "");
  CHECK(client.allowed_hostname == "h");
  CHECK(client.skip_san_check);
  const net::TlsSettings& peer = built.config->peer_tls;
  CHECK(peer.cert_file == "pc");
  CHECK(peer.key_file == "pk");
  CHECK(peer.client_cert_auth);
  CHECK(peer.trusted_ca_file == "pca");
  CHECK(peer.crl_file == "pcrl");
  CHECK(peer.allowed_cn == "cn");
  CHECK(peer.dial_cert_file == "dc");
  CHECK(peer.dial_key_file == "dk");
  CHECK(peer.skip_san_check);
  CHECK(!peer.skip_verify);
  for (const net::TlsSettings* tls : {&client, &peer}) {
    CHECK(tls->cipher_suites == Words{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
    CHECK(tls->min_version == net::TlsVersion::kTls12);
    CHECK(tls->max_version == net::TlsVersion::kTls13);
  }
  CHECK(built.config->self_signed_cert_years == 3);
}

TEST_CASE("the earlier flag for an authority asks for certificates, too") {
  const Built built = build(secure({"--ca-file=a", "--peer-ca-file=b"}));
  REQUIRE(built.config);
  CHECK(built.config->client_tls.trusted_ca_file == "a");
  CHECK(built.config->client_tls.client_cert_auth);
  CHECK(built.config->peer_tls.trusted_ca_file == "b");
  CHECK(built.config->peer_tls.client_cert_auth);
}

TEST_CASE("what cannot be right about TLS is refused in etcd's words") {
  struct Case {
    Words words;
    const char* message;
  };
  const char* const no_pair = "TLS key/cert (--cert-file, --key-file) must be provided for client url ";
  for (const Case& c :
       {Case{{"--listen-client-urls=https://127.0.0.1:1", "--advertise-client-urls=https://127.0.0.1:1"},
             "https://127.0.0.1:1 with HTTPS scheme"},
        Case{{"--listen-client-urls=unixs://a:1", "--advertise-client-urls=http://a:1"},
             "unixs://a:1 with HTTPS scheme"},
        Case{{"--listen-client-http-urls=https://127.0.0.1:1"}, "https://127.0.0.1:1 with HTTPS scheme"},
        Case{secure({"--cipher-suites=a,TLS_RSA_WITH_AES_128_CBC_SHA"}), "unexpected TLS cipher suite \"a\""},
        Case{secure({"--tls-min-version=TLS1.1"}), "unexpected TLS version \"TLS1.1\""},
        Case{secure({"--tls-max-version=1.3"}), "unexpected TLS version \"1.3\""},
        Case{secure({"--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2"}),
             "min version (TLS1.3) is greater than max version (TLS1.2)"},
        Case{secure({"--tls-min-version=TLS1.3", "--cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA"}),
             "cipher suites cannot be configured when only TLS1.3 is enabled"},
        Case{secure({"--self-signed-cert-validity=0"}),
             "--self-signed-cert-validity must be between 1 and 1000 (set to 0)"},
        Case{{"--peer-client-cert-file=a"}, "KeyFile and CertFile must both be present[key: , cert: a]"}}) {
    CAPTURE(c.message);
    const Built built = build(c.words);
    REQUIRE(!built.config);
    const std::string text = c.message;
    CHECK(built.config.error().message == (text.ends_with("scheme") ? no_pair + text : text));
  }
}

TEST_CASE("files that plain addresses make useless are warned of") {
  Built built = build({"--cert-file=c", "--key-file=k", "--client-cert-auth", "--peer-cert-file=c", "--peer-key-file=k",
                       "--listen-client-urls=http://127.0.0.1:1", "--advertise-client-urls=http://127.0.0.1:1",
                       "--listen-peer-urls=http://127.0.0.1:2"});
  REQUIRE(built.config);
  std::erase_if(built.warnings, [](const std::string& text) { return !text.starts_with("The scheme of "); });
  CHECK(built.warnings ==
        Words{"The scheme of peer url http://127.0.0.1:2 is HTTP while peer key/cert files are presented. Ignored peer "
              "key/cert files.",
              "The scheme of client url http://127.0.0.1:1 is HTTP while peer key/cert files are presented. Ignored "
              "key/cert files.",
              "The scheme of client url http://127.0.0.1:1 is HTTP while client cert auth (--client-cert-auth) is "
              "enabled. Ignored client cert auth for this url."});
}

TEST_CASE("certificates are made where there are none, and members then not verified") {
  const Built made = build({"--auto-tls", "--peer-auto-tls", "--listen-client-urls=https://127.0.0.1:1",
                            "--advertise-client-urls=https://127.0.0.1:1"});
  REQUIRE(made.config);
  CHECK(made.config->client_auto_tls);
  CHECK(made.config->peer_auto_tls);
  CHECK(made.config->peer_tls.skip_verify);
  const Built given = build(secure({"--auto-tls", "--peer-auto-tls", "--peer-cert-file=a", "--peer-key-file=b"}));
  REQUIRE(given.config);
  CHECK(!given.config->client_auto_tls);
  CHECK(!given.config->peer_auto_tls);
  CHECK(!given.config->peer_tls.skip_verify);
  CHECK(std::ranges::count(given.warnings, "ignoring client auto TLS since certs given") == 1);
  CHECK(std::ranges::count(given.warnings, "ignoring peer auto TLS since certs given") == 1);
}

TEST_CASE("0.4's addresses are https where a certificate is given") {
  const Built built = build({"-addr", "1.2.3.4:1", "-cert-file=c", "-key-file=k", "-peer-addr", "1.2.3.4:2"});
  REQUIRE(built.config);
  CHECK(join_urls(built.config->advertise_client_urls) == "https://1.2.3.4:1");
  CHECK(join_urls(built.config->listen_client_urls) == "https://[::]:1");
  CHECK(join_urls(built.config->initial_advertise_peer_urls) == "http://1.2.3.4:2");
}

}  // namespace
}  // namespace viaduct::server
