// Who is let in (RB-63), and that files may change under a running server.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "net/tls_context.h"
#include "test/net/tls_world.h"

using namespace viaduct;
using namespace viaduct::net;

namespace {

constexpr long kRevoked = 0xdeadbeef;

// One client of each kind.
struct Visitors : TlsWorld {
  TestAuthority foreigners{directory.path(), "foreigners"};
  PairFiles right = authority.issue("right", {.common_name = "root", .dns_names = {"node.example"}, .serial = 10});
  PairFiles wrong_name = authority.issue("wrong", {.common_name = "other", .dns_names = {"x.example"}, .serial = 11});
  PairFiles revoked = authority.issue("revoked", {.common_name = "root", .serial = kRevoked});
  PairFiles expired = authority.issue("expired", {.common_name = "root", .first_day = -9, .last_day = -2});
  PairFiles early = authority.issue("early", {.common_name = "root", .first_day = 2, .last_day = 9});
  PairFiles foreign = foreigners.issue("foreign", {.common_name = "root", .serial = 10});
  PairFiles server_only =
      authority.issue("serveronly", {.common_name = "root", .serial = 12, .extended_key_usage = "serverAuth"});
  std::string list = authority.revoke("crl.pem", {5, kRevoked, 77});
  std::string der_list = authority.revoke("crl.der", {5, kRevoked, 77}, true);
};

// "in", or what the client is told.
std::string outcome(TlsServer& server, const TlsPeerOptions& options) {
  TlsPeer client(server.tls_address(), options);
  if (client.get("/a") == "/a") return "in";
  return client.error().empty() ? "closed" : client.error();
}

}  // namespace

// Known bug: RB-63.
TEST_CASE("each kind of listener lets in the right certificate alone") {
  Visitors world;
  TlsSettings only_auth = world.strict_door();
  only_auth.client_cert_auth = true;
  TlsSettings with_list = world.strict_door();
  with_list.crl_file = world.list;
  TlsSettings with_der_list = with_list;
  with_der_list.crl_file = world.der_list;
  TlsSettings with_cn = with_list;
  with_cn.allowed_cn = "root";
  TlsSettings with_host = with_list;
  with_host.allowed_hostname = "node.example";
  TlsSettings open = world.open_door();
  open.crl_file = world.list;

  const std::string refused = "remote error: tls: ";
  struct Row {
    const char* listener;
    TlsSettings settings;
    const char* stranger;
    const char* wrong_name;
    const char* revoked;
  };
  const char* const needed = "certificate required";
  for (const Row& row : {Row{"trusted CA", world.strict_door(), needed, "in", "in"},
                         Row{"trusted CA and certificate auth", only_auth, needed, "in", "in"},
                         Row{"revocation list", with_list, needed, "in", "revoked certificate"},
                         Row{"revocation list in DER", with_der_list, needed, "in", "revoked certificate"},
                         Row{"allowed CN", with_cn, needed, "bad certificate", "revoked certificate"},
                         Row{"allowed host name", with_host, needed, "bad certificate", "revoked certificate"}}) {
    CAPTURE(row.listener);
    TlsServer server(row.settings);
    const auto expected = [&](const char* told) { return std::string(told) == "in" ? told : refused + told; };
    CHECK(outcome(server, world.holder(world.right)) == "in");
    CHECK(outcome(server, world.stranger()) == expected(row.stranger));
    CHECK(outcome(server, world.holder(world.wrong_name)) == expected(row.wrong_name));
    CHECK(outcome(server, world.holder(world.revoked)) == expected(row.revoked));
    CHECK(outcome(server, world.holder(world.expired)) == refused + "expired certificate");
    CHECK(outcome(server, world.holder(world.early)) == refused + "bad certificate");
    CHECK(outcome(server, world.holder(world.foreign)) == refused + "unknown certificate authority");
    CHECK(outcome(server, world.holder(world.server_only)).starts_with(refused));
    CHECK(eventually([&] { return server.count(&Counters::handshake_failures) >= 5; }));
  }
  TlsServer unasked(open);
  CHECK(outcome(unasked, world.stranger()) == "in");
  CHECK(outcome(unasked, world.holder(world.revoked)) == "in");  // it is not asked for, so it is not shown
}

TEST_CASE("a certificate is refused with TLS 1.2 as with 1.3") {
  Visitors world;
  TlsSettings settings = world.strict_door();
  settings.crl_file = world.list;
  TlsServer server(settings);
  const auto old = [&](TlsPeerOptions options) {
    options.settings.max_version = TlsVersion::kTls12;
    return outcome(server, options);
  };
  CHECK(old(world.holder(world.right)) == "in");
  CHECK(old(world.stranger()) == "remote error: tls: handshake failure");
  CHECK(old(world.holder(world.revoked)) == "remote error: tls: revoked certificate");
  CHECK(old(world.holder(world.foreign)) == "remote error: tls: unknown certificate authority");
}

TEST_CASE("whoever demands a certificate takes up no earlier session") {
  Visitors world;
  TlsServer strict(world.strict_door());
  TlsPeer client(strict.tls_address(), world.holder(world.right));
  CHECK(client.get("/a") == "/a");
  CHECK_FALSE(client.got_ticket());
  TlsServer open(world.open_door());
  TlsPeer other(open.tls_address(), world.stranger());
  CHECK(other.get("/a") == "/a");
  CHECK(other.got_ticket());
}

TEST_CASE("a member's certificate must be valid for the address it comes from") {
  Visitors world;
  TlsSettings settings = world.strict_door();
  settings.skip_san_check = false;
  TlsServer server(settings);
  const auto come_with = [&](const char* name, std::vector<std::string> names, std::vector<std::string> addresses) {
    return outcome(
        server, world.holder(world.authority.issue(
                    name, {.common_name = name, .dns_names = std::move(names), .ip_addresses = std::move(addresses)})));
  };
  CHECK(come_with("nothing", {}, {}) == "in");
  CHECK(come_with("address", {}, {"10.0.0.1", "127.0.0.1"}) == "in");
  CHECK(come_with("name", {"localhost"}, {}) == "in");
  CHECK(come_with("either", {"localhost"}, {"10.0.0.1"}) == "in");
  CHECK(come_with("elsewhere", {}, {"10.0.0.1"}) == "closed");
  CHECK(come_with("unknown", {"no.such.name.invalid"}, {}) == "closed");
  CHECK(server.count(&Counters::handshakes) == 4);
}

TEST_CASE("a new handshake sees new files") {
  Visitors world;
  TlsSettings settings = world.strict_door();
  settings.cert_file = world.directory.path() + "/live.pem";
  settings.key_file = world.directory.path() + "/live.key";
  const auto install = [&](const PairFiles& pair) {
    write_text(settings.cert_file, read_text(pair.cert_file));
    write_text(settings.key_file, read_text(pair.key_file));
  };
  const auto server_pair = [&](long serial) {
    return world.authority.issue("s" + std::to_string(serial),
                                 {.common_name = "server", .ip_addresses = {"127.0.0.1"}, .serial = serial});
  };
  install(server_pair(100));
  TlsServer server(settings);
  const auto serial = [&] {
    TlsPeer client(server.tls_address(), world.holder(world.right));
    return client.get("/a") == "/a" ? client.server_serial() : 0;
  };
  TlsPeer lasting(server.tls_address(), world.holder(world.right));
  CHECK(lasting.get("/a") == "/a");
  CHECK(serial() == 100);
  install(server_pair(101));
  CHECK(serial() == 101);
  CHECK(lasting.get("/b") == "/b");

  const PairFiles third = server_pair(102);
  write_text(settings.cert_file, read_text(third.cert_file));  // the key has yet to come
  CHECK(serial() == 101);
  CHECK(serial() == 101);
  write_text(settings.key_file, read_text(third.key_file));
  CHECK(serial() == 102);
  write_text(settings.cert_file, "no certificate");
  CHECK(serial() == 102);
  CHECK(std::remove(settings.key_file.c_str()) == 0);
  CHECK(serial() == 102);
  install(server_pair(103));
  CHECK(serial() == 103);
}

TEST_CASE("new authorities are trusted, and old ones no more") {
  Visitors world;
  TlsSettings settings = world.open_door();
  settings.trusted_ca_file = world.directory.path() + "/trusted.pem";
  const std::string ours = read_text(world.authority.ca_file());
  const std::string theirs = read_text(world.foreigners.ca_file());
  write_text(settings.trusted_ca_file, ours);
  TlsServer server(settings);
  CHECK(outcome(server, world.holder(world.right)) == "in");
  CHECK(outcome(server, world.holder(world.foreign)) != "in");
  write_text(settings.trusted_ca_file, ours + theirs);
  CHECK(outcome(server, world.holder(world.right)) == "in");
  CHECK(outcome(server, world.holder(world.foreign)) == "in");
  write_text(settings.trusted_ca_file, theirs);
  CHECK(outcome(server, world.holder(world.right)) != "in");
  CHECK(outcome(server, world.holder(world.foreign)) == "in");
}

// Known bug: RB-63.
TEST_CASE("who is revoked is refused from then on, and an open connection is closed") {
  Visitors world;
  TlsSettings settings = world.strict_door();
  settings.crl_file = world.authority.revoke("live.crl", {});
  TlsServer server(settings);
  TlsPeer right(server.tls_address(), world.holder(world.right));
  TlsPeer revoked(server.tls_address(), world.holder(world.revoked));
  CHECK(right.get("/a") == "/a");
  CHECK(revoked.get("/a") == "/a");
  world.authority.revoke("live.crl", {kRevoked});
  CHECK(outcome(server, world.holder(world.revoked)) == "remote error: tls: revoked certificate");
  server.pass(std::chrono::seconds(1));
  CHECK(revoked.read_to_end() == "");
  CHECK(right.get("/b") == "/b");
  world.authority.revoke("live.crl", {});
  CHECK(outcome(server, world.holder(world.revoked)) == "in");
}

TEST_CASE("while the revocation list cannot be read nobody new is let in") {
  Visitors world;
  TlsSettings settings = world.strict_door();
  settings.crl_file = world.authority.revoke("live.crl", {});
  TlsServer server(settings);
  TlsPeer before(server.tls_address(), world.holder(world.right));
  CHECK(before.get("/a") == "/a");
  write_text(settings.crl_file, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
  CHECK(outcome(server, world.holder(world.right)) == "remote error: tls: bad certificate");
  CHECK(std::remove(settings.crl_file.c_str()) == 0);
  CHECK(outcome(server, world.holder(world.right)) == "remote error: tls: bad certificate");
  server.pass(std::chrono::seconds(1));
  CHECK(before.get("/b") == "/b");
  world.authority.revoke("live.crl", {});
  CHECK(outcome(server, world.holder(world.right)) == "in");
}

TEST_CASE("versions of TLS are bounded") {
  const TlsWorld world;
  using enum TlsVersion;
  struct Case {
    TlsVersion server_min, server_max, client_min, client_max;
    const char* agreed;
  };
  for (const Case& c : {Case{kTls12, kAny, kTls12, kAny, "TLSv1.3"}, Case{kTls12, kAny, kTls12, kTls12, "TLSv1.2"},
                        Case{kTls13, kAny, kTls12, kAny, "TLSv1.3"}, Case{kTls13, kAny, kTls12, kTls12, ""},
                        Case{kTls12, kTls12, kTls12, kAny, "TLSv1.2"}, Case{kTls12, kTls12, kTls13, kAny, ""}}) {
    TlsSettings settings = world.open_door();
    settings.min_version = c.server_min;
    settings.max_version = c.server_max;
    TlsServer server(settings);
    TlsPeerOptions options = world.stranger();
    options.settings.min_version = c.client_min;
    options.settings.max_version = c.client_max;
    TlsPeer client(server.tls_address(), options);
    const bool agreed = client.shake_hands();
    CHECK((agreed ? client.version() : "") == c.agreed);
    if (!agreed) CHECK(client.error() == "remote error: tls: protocol version not supported");
  }
}

TEST_CASE("cipher suites are those named, in that order") {
  const TlsWorld world;
  const std::string weak = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA";
  const std::string strong = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  const std::string stronger = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
  struct Case {
    std::vector<std::string> server, client;
    std::string agreed;
  };
  for (const Case& c :
       {Case{{}, {weak, strong}, strong}, Case{{}, {weak}, ""}, Case{{weak}, {weak}, weak},
        Case{{stronger, strong}, {strong, stronger}, stronger}, Case{{strong, stronger}, {stronger, strong}, strong},
        Case{{strong}, {stronger}, ""}, Case{{"TLS_AES_128_GCM_SHA256"}, {strong}, ""}}) {
    TlsSettings settings = world.open_door();
    settings.cipher_suites = c.server;
    TlsServer server(settings);
    TlsPeerOptions options = world.stranger();
    options.settings.cipher_suites = c.client;
    options.settings.max_version = TlsVersion::kTls12;
    TlsPeer client(server.tls_address(), options);
    CHECK((client.shake_hands() ? client.cipher() : "") == c.agreed);
  }
}

// Known bug: RB-63.
TEST_CASE("a server is believed only when all of its certificate fits") {
  Visitors world;
  TestAuthority& authority = world.authority;
  const auto dial = [&](const PairFiles& pair, TlsPeerOptions options) {
    TlsSettings settings = world.open_door();
    settings.cert_file = pair.cert_file;
    settings.key_file = pair.key_file;
    TlsServer server(settings);
    TlsPeer client(server.tls_address(), options);
    return client.shake_hands() ? "believed" : client.error();
  };
  const PairFiles named =
      authority.issue("named", {.common_name = "node1", .dns_names = {"node.example", "*.wild.example"}, .serial = 40});
  const auto called = [&](const char* name) {
    TlsPeerOptions options = world.stranger();
    options.server_name = name;
    return options;
  };
  CHECK(dial(world.server_pair, world.stranger()) == "believed");
  CHECK(dial(named, called("node.example")) == "believed");
  CHECK(dial(named, called("a.wild.example")) == "believed");
  CHECK(dial(named, called("a.b.wild.example")) ==
        "x509: certificate is valid for node.example, *.wild.example, not a.b.wild.example");
  CHECK(dial(named, called("node1")) == "x509: certificate is valid for node.example, *.wild.example, not node1");
  CHECK(dial(named, world.stranger()) ==
        "x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs");
  CHECK(dial(world.server_pair, called("127.0.0.2")) == "x509: certificate is valid for 127.0.0.1, not 127.0.0.2");
  CHECK(dial(world.foreigners.issue("f", {.ip_addresses = {"127.0.0.1"}}), world.stranger()) ==
        "x509: certificate signed by unknown authority");
  CHECK(dial(authority.issue("old", {.ip_addresses = {"127.0.0.1"}, .first_day = -9, .last_day = -2}),
             world.stranger()) == "x509: certificate has expired or is not yet valid");

  TlsPeerOptions list = called("node.example");
  list.settings.crl_file = authority.revoke("dial.crl", {40});
  CHECK(dial(named, list) == "transport: certificate serial 28 revoked");
  TlsPeerOptions cn = called("node.example");
  cn.settings.allowed_cn = "node2";
  CHECK(dial(named, cn) == "client certificate authentication failed");
  cn.settings.allowed_cn = "node1";
  CHECK(dial(named, cn) == "believed");
  TlsPeerOptions anyone = called("whoever");
  anyone.settings.trusted_ca_file = "";
  anyone.settings.skip_verify = true;
  CHECK(dial(world.foreigners.issue("g", {}), anyone) == "believed");
}

TEST_CASE("a refused dialler is told at the first read when not in the handshake") {
  Visitors world;
  TlsSettings settings = world.strict_door();
  settings.allowed_cn = "root";
  TlsServer server(settings);
  TlsPeer client(server.tls_address(), world.holder(world.wrong_name));
  CHECK(client.shake_hands());  // TLS 1.3: over before the server has looked at our certificate
  CHECK(client.error() == "");
  CHECK(client.read_to_end() == "");
  CHECK(client.error() == "remote error: tls: bad certificate");
}

TEST_CASE("settings that cannot work are refused in etcd's words") {
  Visitors world;
  const TlsSettings good = world.strict_door();
  CHECK(check_tls_settings(good));
  struct Case {
    std::function<void(TlsSettings&)> change;
    std::string message;
  };
  const std::string missing = world.directory.path() + "/missing";
  const std::string garbage = world.directory.path() + "/garbage";
  write_text(garbage, "garbage");
  const auto& server = world.server_pair;
  const Case cases[] = {
      {[](TlsSettings& s) { s.key_file = ""; },
       "KeyFile and CertFile must both be present[key: , cert: " + server.cert_file + "]"},
      {[](TlsSettings& s) { s.cert_file = ""; },
       "KeyFile and CertFile must both be present[key: " + server.key_file + ", cert: ]"},
      {[&](TlsSettings& s) { s.cert_file = missing; }, "open " + missing + ": no such file or directory"},
      {[&](TlsSettings& s) { s.key_file = missing; }, "open " + missing + ": no such file or directory"},
      {[&](TlsSettings& s) { s.key_file = world.directory.path(); },
       "read " + world.directory.path() + ": is a directory"},
      {[&](TlsSettings& s) { s.key_file = world.right.key_file; }, "tls: private key does not match public key"},
      {[&](TlsSettings& s) { std::swap(s.cert_file, s.key_file); },
       "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have "
       "been switched"},
      {[&](TlsSettings& s) { s.cert_file = garbage; }, "tls: failed to find any PEM data in certificate input"},
      {[&](TlsSettings& s) { s.key_file = garbage; }, "tls: failed to find any PEM data in key input"},
      {[&](TlsSettings& s) { s.trusted_ca_file = missing; }, "open " + missing + ": no such file or directory"},
      {[&](TlsSettings& s) { s.trusted_ca_file = garbage; }, garbage + ": x509: malformed certificate"},
      {[&](TlsSettings& s) { s.crl_file = missing; }, "open " + missing + ": no such file or directory"},
      {[&](TlsSettings& s) { s.crl_file = garbage; }, garbage + ": x509: malformed crl"},
      {[](TlsSettings& s) { s.cipher_suites = {"TLS_NULL"}; }, "unexpected TLS cipher suite \"TLS_NULL\""},
      {[](TlsSettings& s) { s.allowed_cn = "a", s.allowed_hostname = "b"; },
       "AllowedCN and AllowedHostname are mutually exclusive (cn=\"a\", hostname=\"b\")"},
  };
  for (const Case& c : cases) {
    TlsSettings settings = good;
    c.change(settings);
    const Result<void> checked = check_tls_settings(settings);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message == c.message);
  }
}
