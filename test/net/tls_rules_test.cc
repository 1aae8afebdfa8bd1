#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/line_budget.h"
#include "net/tls_address_names.h"
#include "net/tls_ciphers.h"
#include "net/tls_name_lookup.h"
#include "net/tls_revocation.h"
#include "net/tls_self_signed.h"
#include "net/tls_words.h"
#include "test/net/certificates.h"
#include "test/support/temporary_directory.h"

using namespace viaduct;
using namespace viaduct::net;

namespace {

class FakeNames final : public NameService {
 public:
  std::map<std::string, std::vector<std::string>> names, addresses;

  Result<std::vector<std::string>> names_of(const std::string& address) override { return find(names, address); }
  Result<std::vector<std::string>> addresses_of(const std::string& name) override { return find(addresses, name); }

 private:
  static Result<std::vector<std::string>> find(const std::map<std::string, std::vector<std::string>>& in,
                                               const std::string& key) {
    const auto found = in.find(key);
    if (found == in.end()) return Error{Code::kIo, "lookup " + key + ": no such host"};
    return found->second;
  }
};

// Answers when it is told to.
class SlowNames final : public NameService {
 public:
  Result<std::vector<std::string>> names_of(const std::string&) override {
    gate_.get_future().wait();
    return std::vector<std::string>{"node.example"};
  }
  Result<std::vector<std::string>> addresses_of(const std::string&) override { return std::vector<std::string>(); }
  void open() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
};

TlsIdentity names(std::vector<std::string> dns, std::vector<std::string> ip = {}) {
  return {.common_name = "c", .ip_addresses = std::move(ip), .dns_names = std::move(dns), .serials = {}};
}

}  // namespace

TEST_CASE("addresses of a certificate are judged without the name service") {
  CHECK(address_refusal(names({}), "10.0.0.1") == "");
  CHECK(address_refusal(names({}, {"10.0.0.1"}), "10.0.0.1") == "");
  CHECK(address_refusal(names({"a"}, {"10.0.0.1"}), "10.0.0.1") == "");
  CHECK(address_refusal(names({}, {"10.0.0.1", "::1"}), "10.0.0.2") ==
        "x509: certificate is valid for 10.0.0.1, ::1, not 10.0.0.2");
  CHECK_FALSE(address_refusal(names({"a"}), "10.0.0.1"));
  CHECK_FALSE(address_refusal(names({"a"}, {"10.0.0.2"}), "10.0.0.1"));
}

TEST_CASE("a name of a certificate must belong to the address, either way round") {
  FakeNames service;
  service.names["10.0.0.1"] = {"node.example"};
  service.addresses["other.example"] = {"10.0.0.8", "10.0.0.2"};
  service.addresses["node.example"] = {"10.0.0.1"};
  const auto refusal = [&](std::vector<std::string> dns, const char* address) {
    return address_refusal_by_names(names(std::move(dns)), address, service);
  };
  CHECK(refusal({"node.example"}, "10.0.0.1") == "");
  CHECK(refusal({"*.example"}, "10.0.0.1") == "");
  CHECK(refusal({"x", "other.example"}, "10.0.0.2") == "");
  CHECK(refusal({"other.example"}, "10.0.0.1") ==
        "tls: \"10.0.0.1\" does not match any of DNSNames [\"other.example\"]");
  CHECK(refusal({"*.other"}, "10.0.0.1") == "tls: \"10.0.0.1\" does not match any of DNSNames [\"*.other\"]");
  CHECK(refusal({"*.example"}, "10.0.0.3") ==
        "tls: \"10.0.0.3\" does not match any of DNSNames [\"*.example\"] (lookup 10.0.0.3: no such host)");
  CHECK(refusal({"a", "b"}, "10.0.0.1") ==
        "tls: \"10.0.0.1\" does not match any of DNSNames [\"a\" \"b\"] (lookup b: no such host)");
}

TEST_CASE("a slow name service wakes whoever waits, and nobody who has gone") {
  SlowNames service;
  std::promise<void> woken;
  const auto lookup = NameLookup::start(names({"node.example"}), "10.0.0.1", service, [&] { woken.set_value(); });
  REQUIRE(lookup);
  CHECK_FALSE(lookup->refusal());
  service.open();
  woken.get_future().wait();
  CHECK(lookup->refusal() == "");

  SlowNames other;
  bool woken_late = false;
  const auto abandoned = NameLookup::start(names({"node.example"}), "10.0.0.1", other, [&] { woken_late = true; });
  REQUIRE(abandoned);
  abandoned->abandon();
  other.open();
  while (!abandoned->refusal()) {
  }
  CHECK_FALSE(woken_late);
}

TEST_CASE("lookups are bounded") {
  std::vector<std::unique_ptr<SlowNames>> services;
  std::vector<std::shared_ptr<NameLookup>> lookups;
  for (int i = 0; i < 40; ++i) {
    services.push_back(std::make_unique<SlowNames>());
    lookups.push_back(NameLookup::start(names({"node.example"}), "10.0.0.1", *services.back(), [] {}));
  }
  CHECK(std::ranges::count(lookups, nullptr) >= 8);
  for (size_t i = 0; i < lookups.size(); ++i) {
    services[i]->open();
    while (lookups[i] && !lookups[i]->refusal()) {
    }
  }
}

TEST_CASE("cipher suites are known by their IANA names") {
  struct Case {
    std::vector<std::string> names;
    const char* openssl;
    size_t unavailable;
  };
  for (const Case& c : {Case{{"TLS_RSA_WITH_AES_128_CBC_SHA"}, "AES128-SHA", 0},
                        Case{{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
                             "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384",
                             0},
                        Case{{"TLS_AES_128_GCM_SHA256"}, "", 0},
                        Case{{"TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"}, "AES256-SHA", 1}}) {
    const auto chosen = choose_ciphers(c.names);
    REQUIRE(chosen);
    CHECK(chosen->tls12 == c.openssl);
    CHECK(chosen->unavailable.size() == c.unavailable);
  }
  for (const char* unknown : {"", "AES128-SHA", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"}) {
    const auto chosen = choose_ciphers({unknown});
    REQUIRE_FALSE(chosen);
    CHECK(chosen.error().message == "unexpected TLS cipher suite \"" + std::string(unknown) + "\"");
  }
}

TEST_CASE("a revocation list is read in both forms, several at once, and never in part") {
  const TemporaryDirectory directory;
  TestAuthority authority(directory.path(), "authority");
  const std::string pem = read_text(authority.revoke("a", {0, 1, 0x1234ab}));
  const std::string other = read_text(authority.revoke("b", {7}));
  const std::string der = read_text(authority.revoke("c", {0xff}, true));
  const std::string empty = read_text(authority.revoke("d", {}));

  const auto first = RevocationList::parse(pem);
  REQUIRE(first);
  CHECK(first->size() == 3);
  CHECK(first->has("1234ab"));
  CHECK(first->has("01"));
  CHECK_FALSE(first->has("1234AB"));
  CHECK(RevocationList::parse(pem + other)->size() == 4);
  CHECK(RevocationList::parse(der)->has("ff"));
  CHECK(RevocationList::parse(empty)->size() == 0);
  for (size_t cut = 1; cut < pem.size(); cut += 7) {
    const auto part = RevocationList::parse(pem.substr(0, pem.size() - cut));
    CHECK((!part || part->size() == 3));
  }
  for (size_t cut = 1; cut <= der.size(); ++cut) CHECK_FALSE(RevocationList::parse(der.substr(0, der.size() - cut)));
  CHECK_FALSE(RevocationList::parse(pem + other.substr(0, other.size() / 2)));
}

TEST_CASE("a certificate made here is valid for so many years, and ends") {
  constexpr int64_t kNow = 1'800'000'000;
  constexpr int64_t kYear = 365 * 86'400;
  for (const uint32_t years : {1u, 2u, 1000u}) {
    const auto made = make_self_signed({"localhost", "127.0.0.1", "::1", "a,DNS:b"}, kNow, years);
    REQUIRE(made);
    const auto end = certificate_end_s(made->cert_pem);
    REQUIRE(end);
    CHECK(*end == kNow + kYear * years);
  }
  CHECK(make_self_signed({}, kNow, 1));
  CHECK_FALSE(certificate_end_s("nothing"));
}

TEST_CASE("alerts have Go's names") {
  CHECK(alert_text(42) == "bad certificate");
  CHECK(alert_text(40) == "handshake failure");
  CHECK(alert_text(250) == "alert(250)");
}

TEST_CASE("a budget of lines starts anew each second and tells what it left out") {
  LineBudget budget(2);
  using std::chrono::milliseconds;
  const TimePoint start = std::chrono::hours(5);
  CHECK(budget.take(start) == 0);
  CHECK(budget.take(start) == 0);
  CHECK_FALSE(budget.take(start));
  CHECK_FALSE(budget.take(start + milliseconds(999)));
  CHECK(budget.take(start + milliseconds(1000)) == 2);
  CHECK(budget.take(start + milliseconds(1001)) == 0);
}
