#include "net/tls_identity.h"

#include <arpa/inet.h>

#include <memory>

#include "net/tls_openssl.h"

namespace viaduct::net {
namespace {

std::string last_common_name(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  int at = -1;
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) at = i;
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<size_t>(length));
  OPENSSL_free(text);
  return name;
}

std::string bytes_of(const ASN1_STRING& string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)),
          static_cast<size_t>(ASN1_STRING_length(&string))};
}

std::string address_text(const std::string& bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  if (bytes.size() == 4) inet_ntop(AF_INET, bytes.data(), text, sizeof(text));
  if (bytes.size() == 16) inet_ntop(AF_INET6, bytes.data(), text, sizeof(text));
  return text;
}

void add_alternative_names(const X509& leaf, TlsIdentity& identity) {
  void* const found = X509_get_ext_d2i(&leaf, NID_subject_alt_name, nullptr, nullptr);
  const std::unique_ptr<GENERAL_NAMES, OpenSslDeleter<GENERAL_NAMES_free>> names(static_cast<GENERAL_NAMES*>(found));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) identity.dns_names.push_back(bytes_of(*name->d.dNSName));
    if (name->type == GEN_IPADD) identity.ip_addresses.push_back(address_text(bytes_of(*name->d.iPAddress)));
  }
}

bool is_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

}  // namespace

std::string serial_hex(const asn1_string_st& serial) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::string bytes = bytes_of(serial);
  std::string hex;
  for (const char c : bytes) {
    if (hex.empty() && c == 0) continue;
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

TlsIdentity identity_of(const x509_st& leaf, const stack_st_X509* shown) {
  TlsIdentity identity;
  identity.common_name = last_common_name(leaf);
  add_alternative_names(leaf, identity);
  identity.serials.push_back(serial_hex(*X509_get0_serialNumber(&leaf)));
  for (int i = 0; i < sk_X509_num(shown); ++i) {
    const X509* const certificate = sk_X509_value(shown, i);
    if (certificate != &leaf) identity.serials.push_back(serial_hex(*X509_get0_serialNumber(certificate)));
  }
  return identity;
}

bool is_valid_for(const x509_st& leaf, const std::string& name) {
  X509& certificate = const_cast<X509&>(leaf);  // OpenSSL notes there what it has parsed already
  if (is_address(name)) return X509_check_ip_asc(&certificate, name.c_str(), 0) == 1;
  const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
  return X509_check_host(&certificate, name.data(), name.size(), flags, nullptr) == 1;
}

std::string not_valid_for(const TlsIdentity& identity, const std::string& name) {
  std::string valid;
  for (const std::string& one : is_address(name) ? identity.ip_addresses : identity.dns_names) {
    valid += (valid.empty() ? "" : ", ") + one;
  }
  if (!valid.empty()) return "x509: certificate is valid for " + valid + ", not " + name;
  const char* const what = is_address(name) ? " because it doesn't contain any IP SANs" : "";
  return is_address(name) ? "x509: cannot validate certificate for " + name + what
                          : "x509: certificate is not valid for any names, but wanted to match " + name;
}

}  // namespace viaduct::net
