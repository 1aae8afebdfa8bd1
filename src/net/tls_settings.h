// What a listener, or whoever dials, is told about TLS: files and rules, nothing loaded. operations.md 3 has the
// meaning of each.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace viaduct::net {

enum class TlsVersion : uint8_t { kAny, kTls12, kTls13 };

struct TlsSettings {
  std::string cert_file;       // PEM, the leaf first; shown by listeners, and when dialling
  std::string key_file;        // PEM, not encrypted
  std::string dial_cert_file;  // shown when dialling instead of that pair; both or neither
  std::string dial_key_file;
  std::string trusted_ca_file;  // PEM bundle; empty: the authorities that the system trusts
  bool client_cert_auth = false;
  std::string crl_file;                    // PEM or DER; serial numbers of certificates that nobody may show
  std::string allowed_cn;                  // of the leaf that the other side shows
  std::string allowed_hostname;            // or a name, or an address, that it must be valid for
  std::vector<std::string> cipher_suites;  // IANA names of TLS 1.2, the preferred first; empty: those with AEAD
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kAny;
  bool skip_san_check = false;  // listener: a certificate need not be valid for the address that it comes from
  bool skip_verify = false;     // dialling: any server will do, as its certificate is of its own making

  bool empty() const { return cert_file.empty() && key_file.empty(); }
  bool demands_certificate() const { return client_cert_auth || !trusted_ca_file.empty(); }
};

// Whether a listener can start with this: both files of a pair, which fit each other, readable lists, known cipher
// suites. Nothing is kept.
// Errors: kInvalidArgument, with etcd's texts.
Result<void> check_tls_settings(const TlsSettings& settings);

}  // namespace viaduct::net
