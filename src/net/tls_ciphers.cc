#include "net/tls_ciphers.h"

#include <algorithm>
#include <string_view>

#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

constexpr std::string_view kTls12[] = {
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
};
constexpr std::string_view kTls13[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                       "TLS_CHACHA20_POLY1305_SHA256"};

constexpr const char* kDefault =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

bool is_one_of(std::string_view name, const auto& names) { return std::ranges::find(names, name) != std::end(names); }

}  // namespace

Result<CipherChoice> choose_ciphers(const std::vector<std::string>& iana_names) {
  CipherChoice choice;
  if (iana_names.empty()) choice.tls12 = kDefault;
  for (const std::string& given : iana_names) {
    // The earlier name, from before the hash was part of it.
    const std::string name = given.ends_with("_CHACHA20_POLY1305") ? given + "_SHA256" : given;
    if (is_one_of(name, kTls13)) continue;
    if (!is_one_of(name, kTls12)) {
      return Error{Code::kInvalidArgument, "unexpected TLS cipher suite \"" + given + "\""};
    }
    const std::string_view known_as = OPENSSL_cipher_name(name.c_str());
    if (known_as == "(NONE)") {
      choice.unavailable.push_back(given);
    } else {
      if (!choice.tls12.empty()) choice.tls12 += ':';
      choice.tls12 += known_as;
    }
  }
  return choice;
}

}  // namespace viaduct::net
